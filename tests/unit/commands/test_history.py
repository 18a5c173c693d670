from __future__ import annotations

import pytest

from resumectl.commands.history import history
from tests.fakes.context import BAD, World


@pytest.fixture
def world():
    world = World()
    for value in ("1", "2", "3"):
        world.release(value)
    return world


def test_the_releases_newest_first_and_which_is_live(world):
    world.checks = [(BAD,)]
    world.write("4")
    world.deploy()
    body = history(world.context(), 10).body
    assert [(row["id"], row["status"], row["live"]) for row in body["releases"]] == [
        (4, "failed", False),
        (3, "verified", True),
        (2, "verified", False),
        (1, "verified", False),
    ]
    assert body["pin"] is None


def test_a_rollback_is_live_and_its_target_is_pinned(world):
    world.rollback()
    body = history(world.context(), 10).body
    assert [row["id"] for row in body["releases"] if row["live"]] == [4]
    assert (body["pin"], body["releases"][0]["rollback_of"]) == (2, 2)


def test_no_more_than_asked_for_are_read(world):
    world.faults.begun.clear()
    assert [row["id"] for row in history(world.context(), 2).body["releases"]] == [3, 2]
    assert ("get_object", "releases/prod/000001.json") not in world.faults.begun


def test_nothing_was_released():
    assert history(World().context(), 10).body == {"releases": [], "pin": None}
