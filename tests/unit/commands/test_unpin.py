from __future__ import annotations

import pytest

from resumectl.commands.unpin import unpin
from resumectl.errors import CloudError
from tests.fakes.context import World
from tests.fakes.faults import Fault


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.release("2")
    return world


def test_deploys_are_let_through_again(world):
    world.rollback()
    assert unpin(world.context()).body == {"unpinned": True, "release": 1}
    assert world.pins.read() is None
    assert world.deploy().error is None


def test_an_environment_that_is_not_pinned(world):
    assert unpin(world.context()).body == {"unpinned": False, "release": None}


def test_a_pin_that_cannot_be_removed_is_an_error(world):
    world.rollback()
    world.fail(Fault("refuse", call="delete_object", code="AccessDenied", lasting=True))
    with pytest.raises(CloudError):
        unpin(world.context())
    assert world.pins.read()
