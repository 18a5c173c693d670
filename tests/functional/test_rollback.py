"""The release that a rollback without a number goes back to, and a deploy that waited for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from resumectl.backoff import Backoff
from resumectl.commands import deploy
from resumectl.errors import Refused
from resumectl.release.pin import Pin
from tests.functional.world import Agreed, World, site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two releases."""
    made = World(tmp_path / "project")
    made.deploy()
    made.write("second", memory=128)
    made.deploy()
    return made


def tamper(world: World) -> None:
    world.client("s3").delete_object(Bucket=site(), Key="index.html")


def served(world: World) -> bytes:
    return world.objects()["index.html"][0]


def test_it_goes_back_to_the_release_before_the_live_one(world: World) -> None:
    assert world.rollback().body["target"] == 1
    assert b"first" in served(world)


def test_a_revert_is_not_the_release_to_leave(world: World) -> None:
    tamper(world)
    reverted = world.fix()
    assert (reverted.error, reverted.body["release"]) == (None, 3)
    assert served(world).count(b"second") == 2

    rolled = world.rollback()
    assert (rolled.body["target"], rolled.body["release"]["id"]) == (1, 4)
    assert b"first" in served(world)


def test_a_revert_is_not_a_release_to_go_back_to(world: World) -> None:
    tamper(world)
    world.fix()
    world.write("third", memory=128)
    world.deploy()
    assert world.rollback().body["target"] == 2
    tamper(world)
    assert world.fix().error is None
    assert b"second" in served(world)
    assert world.rollback().body["target"] == 1


def test_a_deploy_that_waited_for_a_rollback_does_not_undo_it(world: World) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        world.working() as deployer,
        world.working() as rolling,
    ):
        with rolling.locked("rollback"):
            options = deploy.Options(wait=60)
            waiting = pool.submit(deploy.deploy, deployer, options, Agreed())
            assert Backoff(60).until(
                lambda: any("Waiting for the lock" in note for note in world.notes)
            )
            pin = Pin(1, {"name": "alex"}, "2026-11-27T10:00:00+00:00", "broken")
            rolling.releases.pins.set(pin)
        with pytest.raises(Refused, match="pinned to release #1 by alex"):
            waiting.result()


def test_a_site_that_the_release_lacks_stays(tmp_path: Path) -> None:
    """Restoring nothing would delete every page."""
    made = World(tmp_path / "project")
    made.deploy(only=("infra", "function"))
    made.write("second", memory=128)
    made.deploy()
    before = made.objects()
    outcome = made.rollback(release=1)
    assert (outcome.error, outcome.body["target"]) == (None, 1)
    assert outcome.body["not_rolled_back"] == ["infra", "site", "data"]
    assert {change["part"] for change in outcome.body["changes"]} == {"function"}
    assert made.objects() == before
    assert made.function().at("live")["Version"] == "1"
