from __future__ import annotations

import pytest

from resumectl.cli.destroy import destroy
from resumectl.errors import Refused
from tests.fakes.context import FakeCall, World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    return world


@pytest.fixture
def call(world):
    return FakeCall("destroy", quiet=True, world=world)


def test_yes_deletes_everything(call, world):
    assert [row["action"] for row in destroy(call, yes=True).body["changes"]] == ["delete"]
    assert world.live()["infra"] == {}


@pytest.mark.parametrize("protected", [False, True])
def test_it_asks_and_yes_does_not_answer_for_a_protected_environment(protected):
    world = World(protected=protected)
    world.release("1")
    with pytest.raises(Refused, match="there is no terminal"):
        destroy(FakeCall("destroy", quiet=True, world=world), yes=protected)
    assert world.live()["infra"]
