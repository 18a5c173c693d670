"""`package`: the function's zip, without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.infra import part as infra
from resumectl.settings import work_dir
from resumectl.steps import worktree
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from resumectl.settings import Environment, Settings
    from resumectl.steps.progress import Steps


def package(
    settings: Settings, environment: Environment, steps: Steps, out: Path | None
) -> Outcome:
    """Write the zip to `out`, or to where deploy keeps it."""
    path = out or infra.package(work_dir(settings, environment))
    made = worktree.package(settings, steps, path)
    return Outcome(
        {"path": str(path), "sha256": made.sha256, "size": made.size, "files": list(made.files)}
    )
