from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import ResumectlError
from resumectl.local import ports

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path


class Machine:
    """Ports of a machine in memory: `listen` opens each of them once."""

    def __init__(self, error: int = errno.EADDRINUSE) -> None:
        self.error = error
        self.taken: set[int] = set()
        self.full = False

    def listen(self, port: int) -> Any:
        if self.full or port in self.taken:
            raise OSError(self.error, os.strerror(self.error))
        self.taken.add(port)
        return port


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A real port that is in use."""
    with ports.listen_on(0) as listening:
        yield listening


def no_response(port: int, path: str, seconds: float) -> Any:
    return None


def test_it_listens_on_loopback_only(listener: socket.socket) -> None:
    address, port = listener.getsockname()
    assert address == "127.0.0.1"
    with pytest.raises(OSError, match="in use"):
        ports.listen_on(port)


def test_projects_get_different_ports(tmp_path: Path) -> None:
    machine = Machine()
    claimed = [ports.claim(None, tmp_path / name, no_response, machine.listen) for name in "aabc"]
    assert len(set(claimed)) == 4


def test_a_project_gets_the_same_port_again(tmp_path: Path) -> None:
    first, again = (ports.claim(None, tmp_path, no_response, Machine().listen) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("identity", "by"),
    [
        (None, "another program"),
        (["?"], "another program"),
        ({"folder": "/b/.resumectl/local"}, "the embedded cloud of /b/"),
    ],
)
def test_a_taken_port_is_refused_with_a_way_out(
    tmp_path: Path, listener: socket.socket, identity: Any, by: str
) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(ResumectlError, match=f"Port {port} is in use by {by}") as caught:
        ports.claim(port, tmp_path, lambda *_: identity)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Stop it, or choose another port: ")
    assert "resumectl local start --port N" in caught.value.hint


def test_a_port_that_may_not_be_opened_is_refused_with_the_reason(tmp_path: Path) -> None:
    machine = Machine(errno.EACCES)
    machine.full = True
    with pytest.raises(ResumectlError, match="Cannot listen on port 80: Permission denied"):
        ports.claim(80, tmp_path, no_response, machine.listen)


def test_without_a_free_port_the_range_is_named(tmp_path: Path) -> None:
    machine = Machine()
    machine.full = True
    with pytest.raises(ResumectlError, match="No port from 24566 to 25565 is free"):
        ports.open_free(tmp_path, machine.listen)


def test_claiming_waits_for_a_process_whose_folder_was_deleted(tmp_path: Path) -> None:
    machine, requests = Machine(), []
    machine.listen(4566)

    def exiting(port: int, path: str, seconds: float) -> Any:
        requests.append((port, path))
        if len(requests) == 3:
            machine.taken.clear()
        return {"folder": str(tmp_path)} if len(requests) < 3 else None

    assert ports.claim(4566, tmp_path, exiting, machine.listen) == 4566
    assert set(requests) == {(4566, "/_resumectl")}


def test_asking_a_closed_port_returns_none(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    assert ports.ask(port, "/", 60) is None


def test_the_owner_is_the_folder_in_the_identity() -> None:
    assert ports.owner(4566, lambda *_: {"folder": "/a"}) == "/a"
    assert ports.owner(4566, no_response) is None
