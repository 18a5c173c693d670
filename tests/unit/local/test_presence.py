from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from resumectl.local.presence import Presence, look, sign_off, sign_on, turn, wait_until

if TYPE_CHECKING:
    from pathlib import Path


def test_nobody_was_ever_there(tmp_path: Path) -> None:
    assert look(tmp_path / "server") == Presence("stopped")


def test_running_crashed_stopped(tmp_path: Path) -> None:
    path = tmp_path / "server"
    held = sign_on(path)
    running = look(path)
    assert (running.state, running.pid) == ("running", os.getpid())
    assert running.since is not None

    os.close(held)  # as the kernel does when a process dies
    assert look(path) == Presence("crashed", running.pid, running.since)

    held = sign_on(path)
    sign_off(held)
    assert look(path) == Presence("running"), "until it has really gone"
    os.close(held)
    assert look(path) == Presence("stopped")


def test_two_cannot_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resumectl.local.presence._SIGN_ON_SECONDS", 0.0)
    held = sign_on(tmp_path / "server")
    with pytest.raises(BlockingIOError, match="held by another process"):
        sign_on(tmp_path / "server")
    os.close(held)


def test_one_turn_at_a_time(tmp_path: Path) -> None:
    waiting, told, order = threading.Event(), [], []

    def second() -> None:
        def on_wait(line: str) -> None:
            told.append(line)
            waiting.set()

        with turn(tmp_path / "new" / "turn", on_wait):
            order.append("second")

    thread = threading.Thread(target=second)
    with turn(tmp_path / "new" / "turn", lambda _: pytest.fail("nobody to wait for")):
        thread.start()
        assert waiting.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]
    assert told == ["waiting for another command that starts or stops the embedded cloud"]


def test_waiting_ends() -> None:
    answers = iter([False, False, True])
    assert wait_until(lambda: next(answers), seconds=5)
    assert not wait_until(lambda: False, seconds=0)
