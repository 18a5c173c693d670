"""Is the embedded cloud running? Told by a lock that its process holds for as long as it lives.

The kernel lets go of the lock when the process ends, however it ends. So a locked file means running, an unlocked one
that still names a process means it was not stopped cleanly, and the number of a process that is gone is never trusted.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_POLL_SECONDS, _SIGN_ON_SECONDS = 0.02, 5.0


@dataclass(frozen=True)
class Presence:
    """What the file says; `pid` and `since` are of the process that runs, or of the one that crashed."""

    state: Literal["running", "stopped", "crashed"]
    pid: int | None = None
    since: str | None = None


def look(path: Path) -> Presence:
    """Who holds the file, if anybody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return Presence("stopped")
    try:
        held = not _try_lock(descriptor, fcntl.LOCK_SH)
        said = json.loads(os.read(descriptor, 4096) or b"{}")
    finally:
        os.close(descriptor)
    if not said and not held:
        return Presence("stopped")
    return Presence("running" if held else "crashed", said.get("pid"), said.get("since"))


def sign_on(path: Path) -> int:
    """Be the process that runs. The lock stays until this process has gone altogether.

    Returns:
        What `sign_off` needs.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not wait_until(lambda: _try_lock(descriptor, fcntl.LOCK_EX), seconds=_SIGN_ON_SECONDS):
        os.close(descriptor)
        raise BlockingIOError(f"{path} is held by another process")
    since = datetime.now(UTC).isoformat(timespec="seconds")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "since": since}).encode(), 0)
    return descriptor


def sign_off(descriptor: int) -> None:
    """Say that everything is saved: what follows is a clean end."""
    os.ftruncate(descriptor, 0)


@contextmanager
def turn(path: Path, on_wait: Callable[[str], None]) -> Iterator[None]:
    """Let one command at a time start or stop the embedded cloud; the others wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor, fcntl.LOCK_EX):
            on_wait("waiting for another command that starts or stops the embedded cloud")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait for a condition that nothing announces. True as soon as it holds, False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
