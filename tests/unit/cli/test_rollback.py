from __future__ import annotations

from contextlib import ExitStack

import pytest

from resumectl.cli.rollback import rollback, unpin
from resumectl.errors import Locked, Refused
from tests.fakes.context import FakeCall, World


@pytest.fixture
def world():
    world = World()
    for value in ("1", "2", "3"):
        world.release(value)
    world.forget_calls()
    return world


@pytest.fixture
def call(world):
    return FakeCall("rollback", quiet=True, world=world)


def test_one_release_back(call, world):
    body = rollback(call, yes=True, message="broken").body
    assert (body["target"], body["release"]["message"]) == (2, "broken")
    assert world.pins.read().reason == "broken"


def test_to_a_named_release(call):
    assert rollback(call, 1, yes=True).body["target"] == 1


def test_a_plan_changes_nothing(call, world):
    body = rollback(call, 1, plan=True).body
    assert (body["target"], body["release"]) == (1, None)
    assert world.pins.read() is None


def test_it_asks(call, world):
    with pytest.raises(Refused, match="there is no terminal"):
        rollback(call)
    assert world.part("site").writes == []


def test_wait_waits_for_another_deploy_to_finish(call, world):
    with ExitStack() as lock:
        lock.enter_context(world.context(pid=2).locked("deploy"))
        world.progress.on_note = lambda line: lock.close()
        outcome = rollback(call, yes=True, wait=600)
    assert outcome.error is None
    assert world.progress.notes[0].startswith("Waiting for the lock of ada on laptop")


def test_without_wait_the_lock_is_refused_at_once(call, world):
    with world.context(pid=2).locked("deploy"), pytest.raises(Locked):
        rollback(call, yes=True)
    assert world.progress.notes == []


def test_unpin_removes_the_pin(call, world):
    rollback(call, yes=True)
    assert unpin(call).body == {"unpinned": True, "release": 2}
    assert world.pins.read() is None
