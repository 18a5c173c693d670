"""An error on stderr: what failed, and a hint on a line of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from resumectl.errors import ResumectlError


def show(error: ResumectlError, out: TextIO | None = None) -> None:
    """Print the error and its hint, unfolded, so that a command in the hint can be copied."""
    out = out or sys.stderr
    colour = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    red, cyan, off = ("\033[1;31m", "\033[36m", "\033[0m") if colour else ("", "", "")
    out.write(f"{red}error:{off} {error.message}\n")
    if error.hint:
        out.write(f"{cyan}hint:{off} {error.hint}\n")
