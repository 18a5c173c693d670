"""The pid file of the embedded cloud, locked by its process for as long as that runs.

The kernel releases the lock however the process ends. So a locked file means running, and an
unlocked file that still names a process means crashed. The PID of an exited process is never used.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from resumectl.backoff import Backoff
from resumectl.filelock import try_lock

_ACQUIRE: Final = Backoff(5.0, first=0.02)
"""A reader holds the lock for a moment, too: see `read`."""


@dataclass(frozen=True)
class Record:
    """What a pid file says; `pid` and `since` describe the running or the crashed process."""

    state: Literal["running", "stopped", "crashed"]
    pid: int | None = None
    since: str | None = None


def read(path: Path) -> Record:
    """Read a pid file and whether it is locked."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return Record("stopped")
    try:
        held = not try_lock(descriptor, fcntl.LOCK_SH)
        content = _parse(os.read(descriptor, 4096))
    finally:
        os.close(descriptor)
    if not content and not held:
        return Record("stopped")
    return Record("running" if held else "crashed", content.get("pid"), content.get("since"))


def _parse(content: bytes) -> dict[str, Any]:
    """What the file says; of one that cannot be read only that it says something."""
    try:
        return dict(json.loads(content or b"{}"))
    except (ValueError, TypeError):
        return {"pid": None}


def acquire(path: Path, backoff: Backoff = _ACQUIRE) -> int:
    """Lock a pid file until this process exits, and write the PID. Returns the descriptor.

    Raises:
        BlockingIOError: another process holds the lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not backoff.until(lambda: try_lock(descriptor)):
        os.close(descriptor)
        raise BlockingIOError(f"{path} is held by another process")
    since = datetime.now(UTC).isoformat(timespec="seconds")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "since": since}).encode(), 0)
    return descriptor


def mark_stopped(descriptor: int) -> None:
    """Record that everything is saved: when this process exits, it has not crashed."""
    os.ftruncate(descriptor, 0)
