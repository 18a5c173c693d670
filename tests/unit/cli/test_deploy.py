from __future__ import annotations

from contextlib import ExitStack

import pytest

from resumectl.cli.deploy import Only, deploy, parts
from resumectl.cli.wiring import NAMES
from resumectl.errors import Locked, Refused
from resumectl.release.pin import Pin
from tests.fakes.context import ADA, BAD, FakeCall, World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.write("2")
    world.forget_calls()
    return world


@pytest.fixture
def call(world):
    return FakeCall("deploy", quiet=True, world=world)


def test_every_part_can_be_named():
    assert parts([Only(name) for name in NAMES]) == NAMES


@pytest.mark.parametrize("name", ["function", "backend"])
def test_backend_is_an_alias_of_function(name):
    assert parts([Only(name)]) == ("function",)


def test_no_name_is_every_part():
    assert parts(None) == parts([]) == ()


def test_everything_is_deployed(call, world):
    assert deploy(call, yes=True).body["release"]["status"] == "verified"
    assert world.live()["site"] == {"index.html": "2"}


def test_only_the_named_part_is_deployed(call, world):
    deploy(call, only=[Only("backend")], yes=True)
    assert [part.writes for part in world.parts] == [[], ["live"], []]


def test_without_yes_and_without_a_terminal_it_refuses(call, world):
    with pytest.raises(Refused, match="there is no terminal"):
        deploy(call)
    assert world.part("site").writes == []


def test_no_smoke_skips_the_smoke_test(call, world):
    world.tested.clear()
    assert deploy(call, yes=True, no_smoke=True).body["release"]["status"] == "unverified"
    assert world.tested == []


@pytest.mark.parametrize(("no_rollback", "live"), [(True, "2"), (False, "1")])
def test_no_rollback_leaves_the_release_in_place(call, world, no_rollback, live):
    world.checks = [(BAD,)]
    assert deploy(call, yes=True, no_rollback=no_rollback).exit_code == 4
    assert world.live()["site"] == {"index.html": live}


def test_the_message_is_recorded(call):
    assert deploy(call, yes=True, message="New job").body["release"]["message"] == "New job"


def test_force_deploys_a_pinned_environment(call, world):
    world.pins.set(Pin(1, ADA, "", ""))
    with pytest.raises(Refused, match="pinned"):
        deploy(call, yes=True)
    assert deploy(call, yes=True, force=True).error is None


def test_wait_waits_for_another_deploy_to_finish(call, world):
    with ExitStack() as lock:
        lock.enter_context(world.context(pid=2).locked("deploy"))
        world.progress.on_note = lambda line: lock.close()
        outcome = deploy(call, yes=True, wait=600)
    assert outcome.error is None
    assert world.progress.notes[0].startswith("Waiting for the lock of ada on laptop")


def test_without_wait_the_lock_is_refused_at_once(call, world):
    with world.context(pid=2).locked("deploy"), pytest.raises(Locked):
        deploy(call, yes=True)
    assert world.progress.notes == []
