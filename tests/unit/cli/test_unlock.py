from __future__ import annotations

import pytest

from resumectl.cli.unlock import unlock
from resumectl.errors import Refused
from tests.fakes.context import FakeCall, World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    return world


@pytest.fixture
def call(world):
    return FakeCall("unlock", quiet=True, world=world)


def test_a_holder_that_is_alive_keeps_its_lock_unless_forced(call, world):
    with world.context(pid=9).locked("deploy"):
        with pytest.raises(Refused, match="still working"):
            unlock(call, yes=True)
        assert world.lock().read()
        assert len(unlock(call, yes=True, force=True).body["released"]) == 1
        assert world.lock().read() is None


def test_it_asks(call, world):
    world.crash("deploy")
    with pytest.raises(Refused, match="there is no terminal"):
        unlock(call)
    assert world.lock().read()
