"""The life of an embedded cloud, with a small process of our own in MiniStack's place."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import CloudError, ResumectlError
from resumectl.local import emulator as module
from resumectl.local import launch, ports
from resumectl.local.emulator import Emulator
from resumectl.local.presence import look, turn, wait_until

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

_CHILD = """
import signal, sys
from pathlib import Path
from resumectl.local.presence import sign_off, sign_on
stubborn = sys.argv[2] == "stubborn"
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
held = sign_on(Path(sys.argv[1]) / "server")
while True:
    signal.sigwait([signal.SIGTERM])
    if not stubborn:
        sign_off(held)
        sys.exit()
"""


class Stand:
    """In the place of MiniStack: `spawn` and `ask` of an Emulator.

    Args:
        fail_at: "boot" to end at once, "answer" never to answer, "stop" to ignore SIGTERM.
    """

    def __init__(self, fail_at: str | None = None) -> None:
        self.fail_at = fail_at
        self.processes: list[subprocess.Popen[bytes]] = []
        self.folder: Path | None = None

    def spawn(self, folder: Path, listener: socket.socket) -> launch.Process:
        self.folder = folder
        code = _CHILD
        if self.fail_at == "boot":
            (folder / "log").write_text("Traceback\nImportError: no hypercorn\n")
            code = "raise SystemExit(1)"
        mode = "stubborn" if self.fail_at == "stop" else "gentle"
        self.processes.append(
            subprocess.Popen([sys.executable, "-c", code, str(folder), mode], cwd=Path.cwd())
        )
        return self.processes[-1]

    def ask(self, port: int, path: str, seconds: float) -> Any:
        up = self.folder is not None and look(self.folder / "server").pid is not None
        return {} if up and self.fail_at != "answer" else None

    def emulator(self, folder: Path, port: int | None = None) -> Emulator:
        return Emulator(folder, port, spawn=self.spawn, ask=self.ask)

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(launch, "require_packages", lambda: None)
    monkeypatch.setenv("PYTHONPATH", str(Path(module.__file__).parents[2]))
    stand = Stand()
    yield stand
    stand.kill()


def test_start_once_stop_once(tmp_path: Path, stand: Stand) -> None:
    emulator, told = stand.emulator(tmp_path / "local"), []
    assert emulator.status().state == "stopped"
    first = emulator.start(told.append)
    assert (first.started, first.endpoint, first.notes) == (
        True,
        f"http://127.0.0.1:{first.port}",
        (),
    )
    assert told == ["starting MiniStack"]
    again = emulator.start(told.append)
    assert (again.started, again.port, again.pid) == (False, first.port, first.pid)
    assert emulator.status().state == "running"
    assert emulator.stop() is True
    assert stand.processes[0].wait() == 0
    assert emulator.stop() is False
    assert emulator.status().state == "stopped"
    assert emulator.start().port == first.port, "the site's address contains it"


def test_another_port_moves_it(tmp_path: Path, stand: Stand) -> None:
    first = stand.emulator(tmp_path).start()
    with ports.open_free(tmp_path / "elsewhere") as free:
        wanted = free.getsockname()[1]
    moved = stand.emulator(tmp_path, wanted).start()
    assert (moved.started, moved.port) == (True, wanted)
    assert moved.notes == (
        f"The embedded cloud and the site's address move from port {first.port} to {wanted}.",
    )
    assert stand.emulator(tmp_path).start().port == wanted


def test_an_unclean_end_is_told(tmp_path: Path, stand: Stand) -> None:
    emulator = stand.emulator(tmp_path)
    emulator.start()
    stand.kill()
    assert emulator.status().state == "crashed"
    assert emulator.status().endpoint is None
    assert "was not stopped cleanly: nothing was saved" in emulator.start().notes[0]
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "s3.json").write_text("{}")
    stand.kill()
    assert "it goes on from what it saved at 20" in emulator.start().notes[0]
    assert emulator.status().services == ("s3",)


def test_reset_leaves_nothing_but_the_port(tmp_path: Path, stand: Stand) -> None:
    emulator = stand.emulator(tmp_path)
    port = emulator.start().port
    for name in ("state", "s3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.json").write_text("{}")
    assert emulator.status().data_bytes == 4
    assert "Terraform state and releases" in emulator.reset()[0]
    status = emulator.status()
    assert (status.state, status.data_bytes, status.port) == ("stopped", 0, port)
    assert not (tmp_path / "s3").exists()


def test_a_process_that_ends_at_once_is_quoted(tmp_path: Path, stand: Stand) -> None:
    stand.fail_at = "boot"
    with pytest.raises(
        ResumectlError, match=r"ended at once: Traceback \| ImportError: no hypercorn"
    ) as caught:
        stand.emulator(tmp_path).start()
    assert caught.value.hint == f"Its log is {tmp_path / 'log'}."


def test_one_that_never_answers(
    tmp_path: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_READY_SECONDS", "_ANSWER_SECONDS"):
        monkeypatch.setattr(module, name, 0.3)
    stand.fail_at = "answer"
    emulator = stand.emulator(tmp_path)
    with pytest.raises(ResumectlError, match="is not ready after 0 s: its log is empty"):
        emulator.start()
    assert wait_until(lambda: look(tmp_path / "server").pid is not None, seconds=30)
    with pytest.raises(ResumectlError, match="does not answer on port"):
        emulator.start()


def test_one_that_does_not_end_is_killed(
    tmp_path: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STOP_SECONDS", 0.1)
    stand.fail_at = "stop"
    emulator = stand.emulator(tmp_path)
    emulator.start()
    assert emulator.stop() is True
    assert stand.processes[0].wait() == -signal.SIGKILL


def test_commands_take_turns_to_start_it(tmp_path: Path, stand: Stand) -> None:
    waiting, runs = threading.Event(), []

    def second() -> None:
        runs.append(stand.emulator(tmp_path).start(lambda _: waiting.set()))

    thread = threading.Thread(target=second, daemon=True)
    with turn(tmp_path / "turn", lambda _: None):
        thread.start()
        assert waiting.wait(10)
        assert stand.processes == []
    thread.join(10)
    runs.append(stand.emulator(tmp_path).start())
    assert [run.started for run in runs] == [True, False]


def test_a_crash_explains_connection_errors(tmp_path: Path, stand: Stand) -> None:
    emulator = stand.emulator(tmp_path)
    assert emulator.explain_if_down() is None, "never started"
    emulator.start()
    assert emulator.explain_if_down() is None, "it is up"
    stand.kill()
    error = emulator.explain_if_down()
    assert isinstance(error, CloudError)
    assert error.message == "The embedded cloud ended unexpectedly while the command ran."
    assert str(tmp_path / "log") in (error.hint or "")


def test_a_mangled_memory_is_no_memory(tmp_path: Path, stand: Stand) -> None:
    (tmp_path / "emulator.json").write_text("{")
    emulator = stand.emulator(tmp_path)
    assert emulator.status().port is None
    assert emulator.start().started
