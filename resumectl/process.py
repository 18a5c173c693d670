"""Processes told apart by pid and start time, and written down so that a later run can wait for one."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POLL: Final = 0.1


@contextmanager
def recorded(file: Path, pid: int) -> Iterator[None]:
    """Keep the process in `file` while the block runs."""
    file.write_text(json.dumps({"pid": pid, "started": started(pid)}))
    yield
    file.unlink(missing_ok=True)


def await_recorded(file: Path, note: Callable[[str], None], waiting: str) -> None:
    """Wait until the process in `file`, if it still runs, has ended; `note` is told `waiting` first."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return
    if alive(found["pid"], found["started"]):
        note(waiting)
    while alive(found["pid"], found["started"]):
        time.sleep(_POLL)
    file.unlink(missing_ok=True)


def started(pid: int) -> str:
    """When the kernel says that the process began; empty when it is gone, or where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def alive(pid: int, since: str) -> bool:
    """Whether that very process still runs, and not another one that got its number."""
    if since:
        return started(pid) == since
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
