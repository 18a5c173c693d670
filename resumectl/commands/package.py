"""`package`: the function's zip, without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def package(zip_function: Callable[[Path], Any], out: Path) -> Outcome:
    """Write the zip to `out`."""
    zipped = zip_function(out)
    return Outcome(
        {
            "path": str(out),
            "sha256": zipped.sha256,
            "size": zipped.size,
            "files": list(zipped.files),
        }
    )
