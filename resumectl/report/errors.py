"""An error on stderr: one line, and a hint on its own line."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resumectl.errors import ResumectlError


def show(error: ResumectlError) -> None:
    """Print the error and its hint; in colour only on a terminal that wants it."""
    colour = (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
    red, cyan, off = ("\033[1;31m", "\033[36m", "\033[0m") if colour else ("", "", "")
    sys.stderr.write(f"{red}error:{off} {error.message}\n")
    if error.hint:
        sys.stderr.write(f"{cyan}hint:{off} {error.hint}\n")
