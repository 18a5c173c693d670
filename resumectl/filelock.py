"""Locks between processes of this machine. The kernel releases them, however a process ends."""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOCK: Final = "lock"
"""The file in a claimed folder that is locked."""


class Claim:
    """A folder for this process alone, until it and every process that it started have ended.

    Those that are started with `close_fds=False` inherit the claim.
    """

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        weakref.finalize(self, os.close, descriptor)


def claim(folders: Iterable[Path]) -> Claim:
    """The first folder that no other process has claimed; it is created if it is missing.

    Raises:
        OSError: a folder cannot be written to.
    """
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _opened(folder / LOCK)
        if _is_free(descriptor):
            os.set_inheritable(descriptor, True)  # noqa: FBT003 - takes no keyword
            return Claim(folder, descriptor)
        os.close(descriptor)
    raise BlockingIOError("all folders are in use")


@contextmanager
def exclusive(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file during the block; `on_wait` is called if another process has it.

    Raises:
        OSError: the file cannot be created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _opened(path)
    try:
        if not _is_free(descriptor):
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Lock an open file unless another process has it; returns whether it is locked now."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _is_free(descriptor: int) -> bool:
    try:
        return try_lock(descriptor)
    except OSError:  # a file system without locks: work goes on as if nobody else were there
        return True
