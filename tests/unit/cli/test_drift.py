from __future__ import annotations

import pytest

from resumectl.cli.drift import drift
from resumectl.errors import Refused, UsageError
from tests.fakes.context import FakeCall, World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.forget_calls()
    world.part("site").cloud = {"index.html": "by hand"}
    return world


@pytest.fixture
def call(world):
    return FakeCall("drift", quiet=True, world=world)


def test_without_fix_it_only_reads(call, world):
    outcome = drift(call)
    assert (outcome.exit_code, outcome.body["reverted"]) == (3, False)
    assert world.part("site").writes == []


@pytest.mark.parametrize("option", ["yes", "force"])
def test_what_only_fix_understands_is_refused_without_it(call, world, option):
    with pytest.raises(UsageError, match=f"--{option} only has a meaning together with --fix"):
        drift(call, **{option: True})
    assert UsageError.exit_code == 2
    assert world.part("site").writes == []


def test_fix_reverts(call, world):
    assert drift(call, fix=True, yes=True).body["reverted"] is True
    assert world.live()["site"] == {"index.html": "1"}


def test_fix_asks(call, world):
    with pytest.raises(Refused, match="there is no terminal"):
        drift(call, fix=True)
    assert world.part("site").writes == []


def test_fix_loses_data_only_by_force(call, world):
    world.part("site").lost = ["9 of 10 objects would be deleted"]
    with pytest.raises(Refused, match="objects"):
        drift(call, fix=True, yes=True)
    assert drift(call, fix=True, yes=True, force=True).body["reverted"] is True
