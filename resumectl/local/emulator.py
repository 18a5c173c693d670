"""Start, stop, look at and empty the embedded cloud of one project.

Everything is in one folder (see `folder`). Its data includes the Terraform state and the releases of the environment,
so emptying it is consistent: nothing is left that remembers what is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from resumectl.errors import CloudError, ResumectlError
from resumectl.local import folder, launch, ports
from resumectl.local.presence import Presence, look, turn, wait_until

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

_READY_SECONDS, _ANSWER_SECONDS, _STOP_SECONDS, _KILL_SECONDS = 60.0, 30.0, 20.0, 5.0


@dataclass(frozen=True)
class Running:
    """The embedded cloud, up; `started` says whether by this call, `notes` what the user should know."""

    endpoint: str
    port: int
    pid: int
    started: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """How it is; `services` are those that hold something."""

    state: Literal["running", "stopped", "crashed"]
    endpoint: str | None
    port: int | None
    pid: int | None
    since: str | None
    services: tuple[str, ...]
    data_bytes: int
    log: Path


@dataclass(frozen=True)
class Emulator:
    """The embedded cloud of one project.

    Args:
        state_dir: where it keeps everything: `.resumectl/local` of the project, an absolute path.
        port: the port that the configuration or the user wants; None for the one it had, or one of its own.
        spawn: starts the process.
        ask: reads a JSON document from it.
    """

    state_dir: Path
    port: int | None = None
    spawn: Callable[[Path, socket.socket], launch.Process] = launch.spawn
    ask: Callable[[int, str, float], Any] = ports.ask

    def start(self, on_wait: Callable[[str], None] = lambda _: None) -> Running:
        """Have it running: start it, unless it runs already.

        Args:
            on_wait: told, in words, what is being waited for.
        """
        if (up := self._up()) is not None:
            return up
        launch.require_packages()
        with turn(self.state_dir / folder.TURN, on_wait):
            if (up := self._up()) is not None:
                return up
            presence = look(self._presence)
            notes = self._notes(presence)
            if presence.state == "running":
                self._end(presence)
            return self._start(on_wait, notes)

    def stop(self) -> bool:
        """Have it stopped, with everything saved. False when it was not running."""
        if look(self._presence).state != "running":
            return False
        with turn(self.state_dir / folder.TURN, lambda _: None):
            presence = look(self._presence)
            if presence.state == "running":
                self._end(presence)
        return True

    def reset(self) -> tuple[str, ...]:
        """Stop it and delete its data; it stays stopped and keeps its port. Returns what the user should know."""
        self.stop()
        for name in folder.DATA:
            shutil.rmtree(self.state_dir / name, ignore_errors=True)
        self._presence.unlink(missing_ok=True)
        return (
            "The embedded cloud is empty; its Terraform state and releases lived in it and are gone too.",
        )

    def status(self) -> Status:
        """How it is, without changing anything."""
        presence, port = look(self._presence), self._remembered
        return Status(
            state=presence.state,
            endpoint=_endpoint(port) if port and presence.state == "running" else None,
            port=port,
            pid=presence.pid,
            since=presence.since,
            services=tuple(
                sorted(path.stem for path in (self.state_dir / folder.STATE).glob("*.json"))
            ),
            data_bytes=folder.size(self.state_dir),
            log=self._log,
        )

    def explain_if_down(self) -> ResumectlError | None:
        """What to say instead of a connection error, when the reason is that the embedded cloud is not there."""
        port = self._remembered
        if port is None:
            return None
        state = look(self._presence).state
        if state == "running" and self.ask(port, folder.WHOSE, _ANSWER_SECONDS) is not None:
            return None
        how = {
            "running": "does not answer",
            "stopped": "was stopped",
            "crashed": "ended unexpectedly",
        }[state]
        hint = (
            f"Its log is {self._log}. Run the command again: that starts the embedded cloud anew."
        )
        return CloudError(
            f"The embedded cloud {how} while the command ran.", hint=hint, code="local"
        )

    @property
    def _presence(self) -> Path:
        return self.state_dir / folder.PRESENCE

    @property
    def _log(self) -> Path:
        return self.state_dir / folder.LOG

    @property
    def _remembered(self) -> int | None:
        try:
            return int(json.loads((self.state_dir / folder.PORT).read_text())["port"])
        except (FileNotFoundError, KeyError, ValueError):
            return None

    def _remember(self, port: int) -> None:
        draft = self.state_dir / f"{folder.PORT}.draft"
        draft.write_text(json.dumps({"port": port}))
        draft.replace(self.state_dir / folder.PORT)

    def _up(self) -> Running | None:
        """The embedded cloud when it is up on the port that is wanted; waits for its answer when it is busy."""
        port = self._remembered
        if port is None or self.port not in (None, port) or look(self._presence).state != "running":
            return None
        answered = self._answers(
            port, folder.WHOSE, lambda: look(self._presence).state != "running", _ANSWER_SECONDS
        )
        presence = look(self._presence)
        if presence.state != "running":
            return None
        if not answered:
            raise self._silent(f"does not answer on port {port}")
        return Running(_endpoint(port), port, presence.pid or 0, started=False)

    def _start(self, on_wait: Callable[[str], None], notes: tuple[str, ...]) -> Running:
        on_wait("starting MiniStack")
        with ports.claim(self.port or self._remembered, self.state_dir, self.ask) as listener:
            port = int(listener.getsockname()[1])
            self._remember(port)
            process = self.spawn(self.state_dir, listener)
        if not self._answers(
            port, "/_ministack/health", lambda: process.poll() is not None, _READY_SECONDS
        ):
            ended = process.poll() is not None
            raise self._silent(
                "ended at once" if ended else f"is not ready after {_READY_SECONDS:.0f} s"
            )
        return Running(_endpoint(port), port, process.pid, started=True, notes=notes)

    def _answers(self, port: int, path: str, ended: Callable[[], bool], seconds: float) -> bool:
        """The port is open before the process is ready: one question waits for the answer, or for the end of it."""
        return (
            wait_until(
                lambda: ended() or self.ask(port, path, seconds) is not None, seconds=seconds
            )
            and not ended()
        )

    def _silent(self, state: str) -> ResumectlError:
        said = folder.last_lines(self._log)
        return ResumectlError(
            f"The embedded cloud {state}: {said}", hint=f"Its log is {self._log}.", code="local"
        )

    def _end(self, presence: Presence) -> None:
        """End the process that holds the lock: while it does, its number cannot belong to another one."""
        for kind, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
            if presence.pid is not None and look(self._presence).state == "running":
                os.kill(presence.pid, kind)
            if wait_until(lambda: look(self._presence).state != "running", seconds=seconds):
                return
        raise ResumectlError(
            f"The embedded cloud (process {presence.pid}) does not end.", code="local"
        )

    def _notes(self, presence: Presence) -> tuple[str, ...]:
        if presence.state == "running":
            return (
                f"The embedded cloud and the site's address move from port {self._remembered} to {self.port}.",
            )
        if presence.state == "stopped":
            return ()
        saved = folder.saved_at(self.state_dir)
        when = (
            "nothing was saved"
            if saved is None
            else f"it goes on from what it saved at {_clock(saved)}"
        )
        return (
            f"The embedded cloud was not stopped cleanly: {when}; the last second before may be missing.",
        )


def _endpoint(port: int) -> str:
    return f"http://{ports.HOST}:{port}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
