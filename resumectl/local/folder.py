"""What the folder of an embedded cloud holds.

`emulator.json` is the port it was given, remembered because the site's address contains it; `server` says whether it
runs (see `presence`); `turn` keeps commands from starting and stopping it at the same time; the rest is here.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PRESENCE: Final = "server"
TURN: Final = "turn"
PORT: Final = "emulator.json"
LOG: Final = "log"
STATE: Final = "state"
OBJECTS: Final = "s3"
TEMPORARY: Final = "tmp"
DATA: Final = (STATE, OBJECTS, TEMPORARY)

WHOSE: Final = "/_resumectl"
"""The path at which a running embedded cloud says whose it is."""

_LOG_BYTES = 4_000_000


def keep_short(log: Path, most: int = _LOG_BYTES) -> None:
    """Put a long log aside. It is emptied in place: every process that writes to it appends."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > most:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log on one line."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return (
        " | ".join([line.strip() for line in lines if line.strip()][-count:]) or "its log is empty"
    )


def saved_at(folder: Path) -> float | None:
    """When the state was last written down, in seconds; None when never."""
    return max((path.stat().st_mtime for path in (folder / STATE).glob("*.json")), default=None)


def size(folder: Path) -> int:
    """How many bytes the data takes on the disk."""
    files = (path for name in DATA for path in (folder / name).rglob("*"))
    return sum(path.stat().st_size for path in files if path.is_file())
