from __future__ import annotations

import threading

import pytest

from resumectl.errors import CloudError, Refused
from resumectl.steps.look import look, look_deployed, require_release
from tests.fakes.context import World
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault
from tests.fakes.part import OUTPUTS, FakePart


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.forget_calls()
    return world


def test_everything_is_read_once(world):
    scene = look(world.context())
    assert scene.lives == world.live()
    assert scene.outputs == OUTPUTS
    assert scene.heads.released.id == 1
    assert [part.calls for part in world.parts] == [["live"]] * 3


def test_a_part_gets_the_outputs_of_the_parts_before_it():
    first = FakePart("first", {"a": "1"}, rolls_back=False, offers={"one": 1})
    second = FakePart("second", {"a": "1"}, rolls_back=False, offers={"two": 2})
    third = FakePart("third", {"a": "1"})
    seen = {}
    for part in (first, second, third):
        part.cloud = {"a": "1"}
        live = part.live

        def spying(outputs, released, name=part.name, live=live):
            seen[name] = dict(outputs)
            return live(outputs, released)

        part.live = spying
    assert look(World(first, second, third).context()).outputs == {"one": 1, "two": 2}
    assert seen == {"first": {}, "second": {"one": 1}, "third": {"one": 1, "two": 2}}


def test_the_ledger_is_read_beside_the_parts(world):
    """The first part waits until the ledger was asked: one after the other would never end."""
    asked = threading.Event()
    world.fail(Fault("delay", call="list_objects_v2", meanwhile=asked.set))
    world.part("infra").hooks["live"] = lambda: asked.wait(60) or pytest.fail("not side by side")
    assert look(world.context()).heads.released.id == 1


def test_an_environment_that_was_never_deployed_has_no_outputs_and_no_release():
    world = World()
    scene = look(world.context())
    assert (scene.outputs, scene.heads.newest) == ({}, None)
    with pytest.raises(Refused, match="Environment prod is not deployed yet") as caught:
        look_deployed(world.context())
    assert caught.value.hint == "resumectl deploy --env prod"


def test_a_deployed_environment_is_not_refused(world):
    assert look_deployed(world.context()).outputs == OUTPUTS


def test_an_error_of_aws_is_translated(world):
    world.part("function").fail("live", aws_error("AccessDenied"))
    with pytest.raises(CloudError, match="reading what is live"):
        look(world.context())


def test_the_first_failure_is_the_one_that_is_raised(world):
    world.part("infra").fail("live", Refused("No state."))
    with pytest.raises(Refused, match="No state"):
        look(world.context())
    assert "live" not in world.part("site").calls


def test_a_release_is_enough_when_the_state_is_lost(world):
    world.part("infra").cloud = {}
    require_release(world.context())
    with pytest.raises(Refused, match="not deployed yet"):
        require_release(World().context())
