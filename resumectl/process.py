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


def await_all(folder: Path, name: str, note: Callable[[str], None], waiting: str) -> float | None:
    """Wait until every process recorded in `folder/*/name` has ended, and forget them.

    Args:
        folder: one subfolder for each run.
        name: the file of a record.
        note: told `waiting` when there is something to wait for.
        waiting: what to say.

    Returns:
        When the latest of them began (seconds of the epoch); None when none was left behind.
    """
    latest: float | None = None
    for file in sorted(folder.glob(f"*/{name}")):
        try:
            found, began = json.loads(file.read_text()), file.stat().st_mtime
        except (OSError, ValueError):
            continue
        if alive(found["pid"], found["started"]):
            note(waiting)
        while alive(found["pid"], found["started"]):
            time.sleep(_POLL)
        latest = max(began, latest or 0.0)
        file.unlink(missing_ok=True)
    return latest


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
