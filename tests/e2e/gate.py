"""A gate between resumectl and the embedded cloud: it closes at a chosen request and holds it."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.e2e.project import finish, wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.e2e.project import Project


class Gate:
    """Passes requests and responses on until a request matches; holds it and all that follows.

    Commands that start before it closes go through it, later ones around it.

    Args:
        project: its embedded cloud must be running.
        pattern: a regular expression for the start of a request, such as `PUT /bucket/key`.
    """

    def __init__(self, project: Project, pattern: str) -> None:
        self._pattern = re.compile(pattern.encode())
        self._closed, self._released = threading.Event(), threading.Event()
        self._dropping = False
        self._file = project.root / ".resumectl/local/emulator.json"
        self._direct = self._file.read_text()
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        self._file.write_text(json.dumps({"port": self._listener.getsockname()[1]}))

    def wait(self, running: subprocess.Popen[str]) -> None:
        """Wait until a command has reached the gate."""
        wait_until(lambda: running.poll() is not None or self._closed.is_set())
        assert running.poll() is None, f"it ended before that: {finish(running)}"
        self._file.write_text(self._direct)

    def open(self) -> None:
        """Pass on what is held and all that follows."""
        self._released.set()

    def end(self) -> None:
        """Drop what is held, accept nothing more."""
        self._dropping = True
        self._released.set()
        with suppress(OSError):
            # A plain close would leave the thread in accept(), and with it one more connection.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._file.write_text(self._direct)

    def _accept(self) -> None:
        port = int(json.loads(self._direct)["port"])
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", port))
                except OSError:
                    client.close()  # whoever asks learns at once that nobody is there
                    continue
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._relay, args=pair, daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket) -> None:
        """Copy one direction; a response does not match, because it begins with HTTP/1.1."""
        with suppress(OSError):
            while (data := source.recv(65536)) and self._passes(data):
                target.sendall(data)
        for end in (source, target) if self._dropping else (target,):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR if self._dropping else socket.SHUT_WR)

    def _passes(self, data: bytes) -> bool:
        if self._pattern.match(data):
            self._closed.set()
        if self._closed.is_set():
            self._released.wait()
        return not self._dropping


@contextmanager
def gate(project: Project, pattern: str) -> Iterator[Gate]:
    """A gate in front of a project's embedded cloud."""
    barrier = Gate(project, pattern)
    try:
        yield barrier
    finally:
        barrier.end()
