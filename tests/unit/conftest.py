"""Unit tests run sealed: no network but this machine's own, and nothing from the environment of whoever runs them."""

from __future__ import annotations

import os
import shutil
import socket
from typing import Any

import pytest

LOCAL = ("localhost", "127.", "::1")


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    """Nothing can be reached or looked up but loopback addresses and Unix sockets."""

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
        _require_local(host)
        return found(host, *arguments, **options)

    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def _require_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name and not name.startswith(LOCAL):
        raise RuntimeError(f"a unit test reached for {name}")


@pytest.fixture(scope="session")
def _home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _nobody(monkeypatch, _home):
    """An empty home, and no variable that AWS, Terraform, GitHub or resumectl would listen to."""
    for name in os.environ:
        if name.startswith(("AWS_", "RESUMECTL_", "TF_", "GITHUB_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(_home))
    yield
    if any(_home.iterdir()):
        shutil.rmtree(_home)
        _home.mkdir()


@pytest.fixture(scope="session")
def s3_client():
    """A client for buckets in memory, inside `mock_aws`; one for all tests, as making it takes longer than most."""
    import boto3
    import moto  # noqa: F401 - it can only answer for clients that are made after this

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("s3", region_name="eu-west-2", **keys)
