from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest


def test_a_unit_test_cannot_reach_the_network():
    with socket.socket() as client, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match=r"example\.com"):
        socket.create_connection(("example.com", 80))


def test_a_unit_test_can_reach_this_machine():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_the_developers_variables_and_home_are_hidden():
    assert not [
        name for name in os.environ if name.startswith(("AWS_", "RESUMECTL_", "TF_", "GITHUB_"))
    ]
    assert list(Path.home().iterdir()) == []
