"""The function of an environment, in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest

from resumectl.backoff import Backoff
from resumectl.function import archive
from resumectl.function.archive import Archive
from resumectl.function.publish import Lambda, publish
from tests.fakes.errors import aws_error
from tests.fakes.lambda_service import FakeLambda


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    now: float = 0.0

    def patience(self, seconds=60.0):
        return Backoff(seconds, sleep=self._sleep, clock=lambda: self.now)

    def _sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


class Kept(dict):
    """The kept zips, by digest."""

    keep = dict.setdefault
    read = dict.get

    def delete(self, digest):
        del self[digest]


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def packaged(tmp_path):
    """Writes a handler with some text and returns its real zip."""

    def write(text):
        source = tmp_path / "src"
        source.mkdir(exist_ok=True)
        (source / "counter.py").write_text(text)
        return archive.archive(source)

    return write


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fake():
    return FakeLambda


@pytest.fixture
def error_of():
    return aws_error


@pytest.fixture
def zipped():
    """The archive of some code."""
    return lambda data: Archive(data, hashlib.sha256(data).hexdigest(), ("counter.py",))


@pytest.fixture
def function(fake, clock):
    """Makes a function of a fake, which remembers its steps."""

    def make(client=None, **options):
        client = client or fake(**options)
        client.steps = []
        budgets = {"update": clock.patience(), "health": clock.patience(5)}
        return Lambda(client, "f", **budgets, progress=client.steps.append)

    return make


@pytest.fixture
def live(function, zipped):
    """A function whose alias serves version 1, b"first"."""
    serving = function(code=b"first")
    publish(serving, zipped(b"first"))
    serving.client.calls.clear()
    serving.client.steps.clear()
    return serving
