"""`package`: the function's zip, without AWS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from resumectl.steps.outcome import Outcome


def package(zip_function: Callable[[Path], Any], out: Path) -> Outcome:
    """Write the zip to `out`."""
    zipped = zip_function(out)
    files = list(zipped.files)
    body = {"path": str(out), "sha256": zipped.sha256, "size": zipped.size, "files": files}
    return Outcome(body)
