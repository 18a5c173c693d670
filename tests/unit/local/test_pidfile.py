from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from resumectl.backoff import Backoff
from resumectl.local.pidfile import Record, acquire, mark_stopped, read

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_file_it_is_stopped(tmp_path: Path) -> None:
    assert read(tmp_path / "server") == Record("stopped")


def test_running_crashed_and_stopped_are_messages_apart(tmp_path: Path) -> None:
    path = tmp_path / "server"
    held = acquire(path)
    running = read(path)
    assert (running.state, running.pid) == ("running", os.getpid())
    assert running.since is not None

    os.close(held)  # as the kernel does when a process exits
    assert read(path) == Record("crashed", running.pid, running.since)

    held = acquire(path)
    mark_stopped(held)
    assert read(path) == Record("running"), "until the process has exited"
    os.close(held)
    assert read(path) == Record("stopped")


def test_a_second_process_cannot_acquire_it(tmp_path: Path) -> None:
    held = acquire(tmp_path / "server")
    with pytest.raises(BlockingIOError, match="held by another process"):
        acquire(tmp_path / "server", Backoff(0))
    os.close(held)


def test_acquiring_waits_for_a_reader_to_let_go(tmp_path: Path) -> None:
    reader = acquire(tmp_path / "server")
    held = acquire(tmp_path / "server", Backoff(60, sleep=lambda _: os.close(reader)))
    assert read(tmp_path / "server").state == "running"
    os.close(held)


@pytest.mark.parametrize("content", [b"{", b"[1]", b"7", b"null", b"\xff"])
def test_a_damaged_file_is_of_a_crashed_process_that_nobody_knows(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "server"
    path.write_bytes(content)
    assert read(path) == Record("crashed")
    os.close(acquire(path))
    assert read(path).pid == os.getpid()
