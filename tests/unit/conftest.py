"""Unit tests reach no network, and see no variables or files of the user who runs them."""

from __future__ import annotations

import os
import shutil
import socket
from typing import Any

import pytest

LOCAL = ("localhost", "127.", "::1")


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    """Allow connections to loopback addresses and Unix sockets only."""

    def refuse_others(method: str) -> None:
        original = getattr(socket.socket, method)

        def guarded(self: socket.socket, *arguments: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                _require_local(arguments[-1][0])
            return original(self, *arguments)

        monkeypatch.setattr(socket.socket, method, guarded)

    for method in ("connect", "connect_ex", "sendto"):
        refuse_others(method)

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(host, str) and host.endswith(".invalid"):  # RFC 6761: never resolves
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        _require_local(host)
        return getaddrinfo(host, *arguments, **options)

    getaddrinfo = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def _require_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name and not name.startswith(LOCAL):
        raise RuntimeError(f"a unit test tried to reach {name}")


@pytest.fixture(scope="session")
def _home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _no_user(monkeypatch, _home):
    """An empty home folder, and no variables of AWS, Terraform, GitHub or resumectl."""
    for name in os.environ:
        if name.startswith(("AWS_", "RESUMECTL_", "TF_", "GITHUB_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(_home))
    yield
    if any(_home.iterdir()):
        shutil.rmtree(_home)
        _home.mkdir()
