from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.release.pin import Pin
from resumectl.settings import Retention
from resumectl.steps.prune import prune
from tests.fakes.context import ADA, BAD, GOOD, World
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault
from tests.fakes.part import OUTPUTS


@pytest.fixture
def world():
    """Four releases; the site of #1 is only its own, that of #2 is also that of #4."""
    world = World(retention=Retention(keep=100))
    for value in ("1", "2", "3", "2"):
        world.release(value)
        world.later(days=10)
    world.forget_calls()
    return world


def run(world, keep=2, keep_days=1):
    world.retention = Retention(keep, keep_days)
    prune(world.context(), OUTPUTS)
    return world.ledger.numbers()


def test_old_releases_go_with_what_only_they_need(world):
    assert run(world) == [4, 3]
    assert world.part("site").pruned == {("index.html", "1")}
    assert world.part("function").pruned == {("live", "1")}
    assert world.progress.details[-1] == "2, up to #2"


def test_a_part_of_which_nothing_is_needless_is_not_asked(world):
    world.pins.set(Pin(1, ADA, "", ""))
    assert run(world) == [4, 3, 1]
    assert all("prune" not in part.calls for part in world.parts)


def test_without_too_many_releases_nothing_more_is_read(world):
    world.faults.begun.clear()
    run(world, keep=4)
    assert {operation for operation, _ in world.faults.begun} == {"list_objects_v2"}


@pytest.mark.parametrize(("keep", "keep_days"), [(4, 1), (1, 100), (2, 45)])
def test_what_is_within_the_limits_stays(world, keep, keep_days):
    assert run(world, keep, keep_days) == [4, 3, 2, 1]
    assert world.progress.started[-1] != "prune"


def test_the_live_and_the_last_verified_release_stay():
    world = World(retention=Retention(keep=100))
    world.release("1")
    world.release("2", smoke=False)
    world.checks = [(BAD,)]
    for value in ("3", "4"):
        world.write(value)
        world.deploy()
    world.later(days=10)
    assert run(world, keep=1) == [4, 2, 1]


def test_an_interrupted_pruning_continues_the_next_time(world):
    """The record goes last, so what it needed is still known."""
    world.part("site").fail("prune", aws_error("SlowDown"))
    assert run(world) == [4, 3, 2, 1]
    world.part("site").hooks.clear()
    assert run(world) == [4, 3]
    assert world.part("site").pruned == {("index.html", "1")}


@pytest.mark.parametrize(
    ("call", "key"),
    [
        *(("list_objects_v2", ""), ("get_object", ""), ("delete_object", "")),
        ("get_object", "pins/prod.json"),
    ],
)
def test_a_failure_of_aws_fails_nothing(world, call, key):
    world.fail(Fault("refuse", call=call, key=key, code="AccessDenied", lasting=True))
    world.retention = Retention(2, 1)
    prune(world.context(), OUTPUTS)
    (note,) = world.progress.notes
    assert note.startswith("Some old releases were not pruned: ")


def test_a_failure_of_a_part_fails_nothing(world):
    world.part("function").fail("prune", Refused("Version 1 is in use."))
    assert run(world) == [4, 3, 2, 1]
    assert world.progress.notes == ["Some old releases were not pruned: Version 1 is in use."]


def test_a_deploy_prunes_only_when_it_went_well(world):
    world.retention = Retention(2, 1)
    world.checks = [(BAD,), (GOOD,)]
    world.write("5")
    world.deploy()
    assert 1 in world.ledger.numbers()
    world.deploy()
    assert 1 not in world.ledger.numbers()
