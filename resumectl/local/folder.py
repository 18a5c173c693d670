"""The files in the folder of an embedded cloud.

`emulator.json` holds its port, which the site's URL contains; `server` is the pid file (see
`pidfile`); commands lock `lock` while they start or stop it. The rest is MiniStack's data and log.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

PIDFILE: Final = "server"
LOCK: Final = "lock"
PORT: Final = "emulator.json"
LOG: Final = "log"
STATE: Final = "state"
OBJECTS: Final = "s3"
TEMPORARY: Final = "tmp"
DATA: Final = (STATE, OBJECTS, TEMPORARY)

_LOG_BYTES = 4_000_000


def rotate(log: Path, limit: int = _LOG_BYTES) -> None:
    """Move the content of a long log to `log.1`. Running processes keep appending to the log."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > limit:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log on one line."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    last = [line.strip() for line in lines if line.strip()][-count:]
    return " | ".join(last) or "its log is empty"


def saved_at(folder: Path) -> float | None:
    """When the state was last saved, in seconds since 1970; None if never."""
    return max((path.stat().st_mtime for path in (folder / STATE).glob("*.json")), default=None)


def size(folder: Path) -> int:
    """The size of the data on disk, in bytes."""
    files = (path for name in DATA for path in (folder / name).rglob("*"))
    return sum(path.stat().st_size for path in files if path.is_file())
