"""An embedded cloud whose process is a small script in place of MiniStack."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.backoff import Backoff
from resumectl.errors import CloudError, ResumectlError
from resumectl.filelock import exclusive
from resumectl.local import launch, ports
from resumectl.local.emulator import Emulator, Limits
from resumectl.local.pidfile import read

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

_CHILD = """
import signal, sys
from pathlib import Path
from resumectl.local.pidfile import acquire, mark_stopped
stubborn = sys.argv[2] == "stubborn"
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
held = acquire(Path(sys.argv[1]) / "server")
while True:
    signal.sigwait([signal.SIGTERM])
    if not stubborn:
        mark_stopped(held)
        sys.exit()
"""

PATIENT = Limits(start=120, respond=120, stop=120, kill=120)


class Stand:
    """The process of an Emulator: its `spawn` and `ask`.

    Args:
        fail_at: "boot" to exit at once, "respond" never to respond, "stop" to ignore SIGTERM.
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
        if self.folder is None or self.fail_at == "respond":
            return None
        record = read(self.folder / "server")
        return {} if record.state == "running" and record.pid is not None else None

    def emulator(self, folder: Path, port: int | None = None, limits: Limits = PATIENT) -> Emulator:
        return Emulator(folder, port, self.spawn, self.ask, lambda: None, limits)

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setenv("PYTHONPATH", str(Path(launch.__file__).parents[2]))
    stand = Stand()
    yield stand
    stand.kill()


def test_it_starts_once_and_stops_once(tmp_path: Path, stand: Stand) -> None:
    emulator, messages = stand.emulator(tmp_path / "local"), []
    assert emulator.status().state == "stopped"
    first = emulator.start(messages.append)
    assert (first.started, first.endpoint, first.notes) == (
        True,
        f"http://127.0.0.1:{first.port}",
        (),
    )
    assert messages == ["starting MiniStack"]
    again = emulator.start(messages.append)
    assert (again.started, again.port, again.pid) == (False, first.port, first.pid)
    assert emulator.status().state == "running"
    assert emulator.stop() is True
    assert stand.processes[0].wait() == 0
    assert emulator.stop() is False
    assert emulator.status().state == "stopped"
    assert emulator.start().port == first.port, "the site's URL contains it"


def test_another_port_restarts_it_there(tmp_path: Path, stand: Stand) -> None:
    first = stand.emulator(tmp_path).start()
    with ports.open_free(tmp_path / "elsewhere") as free:
        port = free.getsockname()[1]
    moved = stand.emulator(tmp_path, port).start()
    assert (moved.started, moved.port) == (True, port)
    move = f"The embedded cloud moves from port {first.port} to {port}"
    assert moved.notes == (f"{move}; the site's URL changes with it.",)
    assert stand.emulator(tmp_path).start().port == port


def test_a_crash_is_noted_at_the_next_start(tmp_path: Path, stand: Stand) -> None:
    emulator = stand.emulator(tmp_path)
    emulator.start()
    assert emulator.is_running()
    stand.kill()
    assert not emulator.is_running()
    assert emulator.status().state == "crashed"
    assert emulator.status().endpoint is None
    assert "was not stopped cleanly: it had saved no state" in emulator.start().notes[0]
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "s3.json").write_text("{}")
    stand.kill()
    assert "it resumes from 20" in emulator.start().notes[0]
    assert emulator.status().services == ("s3",)


def test_reset_keeps_only_the_port(tmp_path: Path, stand: Stand) -> None:
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


def test_a_missing_package_is_reported_before_anything_starts(tmp_path: Path, stand: Stand) -> None:
    def require() -> None:
        raise ResumectlError("The embedded cloud needs the package ministack.")

    emulator = Emulator(tmp_path / "local", None, stand.spawn, stand.ask, require)
    with pytest.raises(ResumectlError, match="needs the package ministack"):
        emulator.start()
    assert stand.processes == []
    assert not (tmp_path / "local").exists()


def test_a_failed_startup_quotes_the_log(tmp_path: Path, stand: Stand) -> None:
    stand.fail_at = "boot"
    with pytest.raises(
        ResumectlError, match=r"exited during startup: Traceback \| ImportError: no hypercorn"
    ) as caught:
        stand.emulator(tmp_path).start()
    assert caught.value.hint == f"Its log is {tmp_path / 'log'}."


def test_a_process_that_never_responds_is_an_error(tmp_path: Path, stand: Stand) -> None:
    stand.fail_at = "respond"
    emulator = stand.emulator(tmp_path, limits=Limits(start=0, respond=0))
    with pytest.raises(ResumectlError, match="is not ready after 0 s: its log is empty"):
        emulator.start()
    assert Backoff(120).until(lambda: read(tmp_path / "server").pid is not None)
    with pytest.raises(ResumectlError, match="does not respond on port"):
        emulator.start()


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path, stand: Stand) -> None:
    stand.fail_at = "stop"
    emulator = stand.emulator(tmp_path, limits=Limits(start=120, stop=0, kill=120))
    emulator.start()
    assert emulator.stop() is True
    assert stand.processes[0].wait() == -signal.SIGKILL


def test_two_commands_start_it_once(tmp_path: Path, stand: Stand) -> None:
    waiting, runs = threading.Event(), []

    def second() -> None:
        runs.append(stand.emulator(tmp_path).start(lambda _: waiting.set()))

    thread = threading.Thread(target=second, daemon=True)
    with exclusive(tmp_path / "lock", lambda: None):
        thread.start()
        assert waiting.wait(120)
        assert stand.processes == []
    thread.join(240)
    assert not thread.is_alive()
    runs.append(stand.emulator(tmp_path).start())
    assert [run.started for run in runs] == [True, False]


def test_a_crash_explains_a_connection_error(tmp_path: Path, stand: Stand) -> None:
    emulator = stand.emulator(tmp_path)
    assert emulator.explain_if_down() is None, "never started"
    emulator.start()
    assert emulator.explain_if_down() is None, "it is up"
    stand.kill()
    error = emulator.explain_if_down()
    assert isinstance(error, CloudError)
    assert error.message == "The embedded cloud crashed while the command ran."
    assert str(tmp_path / "log") in (error.hint or "")


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"port": "x"}', '{"port": 99999999}'])
def test_an_unreadable_port_file_is_ignored(tmp_path: Path, stand: Stand, text: str) -> None:
    (tmp_path / "emulator.json").write_text(text)
    emulator = stand.emulator(tmp_path)
    assert emulator.status().port is None
    assert emulator.start().started
