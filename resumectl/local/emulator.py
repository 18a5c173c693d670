"""Start, stop, inspect and reset the embedded cloud of one project.

Everything is in one folder (see `folder`). Its data includes the environment's Terraform state and
releases, so a reset is consistent: no state outlives its resources.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from resumectl import filelock, files
from resumectl.backoff import Backoff
from resumectl.errors import CloudError, ResumectlError
from resumectl.local import folder, launch, pidfile, ports

if TYPE_CHECKING:
    from resumectl.local.pidfile import Record

_HEALTH = "/_ministack/health"
_DOWN = {"running": "stopped responding", "stopped": "was stopped", "crashed": "crashed"}

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Running:
    """A running embedded cloud: whether this call started it, and what the user should know."""

    endpoint: str
    port: int
    pid: int
    started: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """The state of an embedded cloud; `services` are those that have data."""

    state: Literal["running", "stopped", "crashed"]
    endpoint: str | None
    port: int | None
    pid: int | None
    since: str | None
    services: tuple[str, ...]
    data_bytes: int
    log: Path


@dataclass(frozen=True)
class Limits:
    """Seconds to wait for the process: to start, to respond when busy, to stop, to be killed."""

    start: float = 60.0
    respond: float = 30.0
    stop: float = 20.0
    kill: float = 5.0


@dataclass(frozen=True)
class Emulator:
    """The embedded cloud of one project.

    Args:
        state_dir: its folder, `.resumectl/local` of the project, as an absolute path.
        port: the port to use; None for its last one, or a free one.
        spawn: starts the process.
        ask: reads a JSON document from it.
        require: raises if something that it needs is not installed.
        limits: how long to wait for it.
    """

    state_dir: Path
    port: int | None = None
    spawn: Callable[[Path, socket.socket], launch.Process] = launch.spawn
    ask: ports.Ask = ports.ask
    require: Callable[[], None] = launch.require_packages
    limits: Limits = Limits()

    def start(self, on_wait: Tell = lambda _: None) -> Running:
        """Start it, unless it is running already; `on_wait` is told what is being waited for."""
        if (running := self._running()) is not None:
            return running
        self.require()
        with self._alone(on_wait):
            if (running := self._running()) is not None:
                return running
            notes = self._notes(self._record)
            self._end()
            return self._start(on_wait, notes)

    def stop(self) -> bool:
        """Save everything and stop it. False if it was not running."""
        if self._record.state != "running":
            return False
        with self._alone(lambda _: None):
            self._end()
        return True

    def reset(self) -> tuple[str, ...]:
        """Stop it and delete its data; it keeps its port. Returns what the user should know."""
        self.stop()
        for name in folder.DATA:
            shutil.rmtree(self.state_dir / name, ignore_errors=True)
        (self.state_dir / folder.PIDFILE).unlink(missing_ok=True)
        return (
            "The embedded cloud is empty; its Terraform state and releases were deleted with it.",
        )

    def status(self) -> Status:
        """Its state; changes nothing."""
        record, port = self._record, self._saved_port
        states = (self.state_dir / folder.STATE).glob("*.json")
        return Status(
            state=record.state,
            endpoint=_endpoint(port) if port and record.state == "running" else None,
            port=port,
            pid=record.pid,
            since=record.since,
            services=tuple(sorted(path.stem for path in states)),
            data_bytes=folder.size(self.state_dir),
            log=self._log,
        )

    def is_running(self) -> bool:
        """Whether its process runs; asks it nothing."""
        return self._record.state == "running"

    def explain_if_down(self) -> ResumectlError | None:
        """The error to show in place of a connection error; None if it is running."""
        port, state = self._saved_port, self._record.state
        if port is None:
            return None
        if state == "running" and self.ask(port, ports.IDENTITY, self.limits.respond) is not None:
            return None
        return CloudError(
            f"The embedded cloud {_DOWN[state]} while the command ran.",
            hint=f"Run the command again: that restarts it. Its log is {self._log}.",
            code="local",
        )

    def _alone(self, on_wait: Tell) -> AbstractContextManager[None]:
        """One command at a time starts or stops it; others wait."""
        message = "waiting for another command that starts or stops the embedded cloud"
        return filelock.exclusive(self.state_dir / folder.LOCK, lambda: on_wait(message))

    @property
    def _record(self) -> Record:
        return pidfile.read(self.state_dir / folder.PIDFILE)

    @property
    def _log(self) -> Path:
        return self.state_dir / folder.LOG

    @property
    def _saved_port(self) -> int | None:
        try:
            port = int(json.loads((self.state_dir / folder.PORT).read_text())["port"])
        except (FileNotFoundError, KeyError, ValueError, TypeError):
            return None
        return port if port in ports.VALID else None

    def _running(self) -> Running | None:
        """The embedded cloud if it runs on the right port; waits for its response if it is busy."""
        port = self._saved_port
        if port is None or self.port not in (None, port) or self._record.state != "running":
            return None
        responded = self._responds(
            port, ports.IDENTITY, lambda: self._record.state != "running", self.limits.respond
        )
        record = self._record
        if record.state != "running":
            return None
        if not responded:
            raise self._failure(f"does not respond on port {port}")
        return Running(_endpoint(port), port, record.pid or 0, started=False)

    def _start(self, on_wait: Tell, notes: tuple[str, ...]) -> Running:
        on_wait("starting MiniStack")
        with ports.claim(self.port or self._saved_port, self.state_dir, self.ask) as listener:
            port = int(listener.getsockname()[1])
            files.replace(self.state_dir / folder.PORT, json.dumps({"port": port}))
            process = self.spawn(self.state_dir, listener)
        limit = self.limits.start
        if self._responds(port, _HEALTH, lambda: process.poll() is not None, limit):
            return Running(_endpoint(port), port, process.pid, started=True, notes=notes)
        if process.poll() is not None:
            raise self._failure("exited during startup")
        raise self._failure(f"is not ready after {limit:.0f} s")

    def _responds(self, port: int, path: str, exited: Callable[[], bool], seconds: float) -> bool:
        """Wait for a response, or for the process to exit.

        The port is open before the process is ready, so one request usually waits long enough.
        """
        responds = Backoff(seconds, first=0.02).until(
            lambda: exited() or self.ask(port, path, seconds) is not None
        )
        return responds and not exited()

    def _failure(self, problem: str) -> ResumectlError:
        return ResumectlError(
            f"The embedded cloud {problem}: {folder.last_lines(self._log)}",
            hint=f"Its log is {self._log}.",
            code="local",
        )

    def _end(self) -> None:
        """End the process that holds the pid file; while it does, its PID cannot be reused."""
        limits = ((signal.SIGTERM, self.limits.stop), (signal.SIGKILL, self.limits.kill))
        for number, seconds in limits:
            record = self._record
            if record.pid is not None and record.state == "running":
                os.kill(record.pid, number)
            if Backoff(seconds, first=0.02).until(lambda: self._record.state != "running"):
                return
        message = f"Cannot stop the embedded cloud: process {record.pid} is still running."
        raise ResumectlError(message, code="local")

    def _notes(self, record: Record) -> tuple[str, ...]:
        if record.state == "running":
            move = f"from port {self._saved_port} to {self.port}"
            return (f"The embedded cloud moves {move}; the site's URL changes with it.",)
        if record.state == "stopped":
            return ()
        resumed, saved = "it had saved no state", folder.saved_at(self.state_dir)
        if saved is not None:
            resumed = f"it resumes from {datetime.fromtimestamp(saved, UTC).astimezone():%F %T}"
        loss = "the last second of changes may be lost"
        return (f"The embedded cloud was not stopped cleanly: {resumed}; {loss}.",)


def _endpoint(port: int) -> str:
    return f"http://{ports.HOST}:{port}"
