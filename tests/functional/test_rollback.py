"""Which release a rollback goes back to when nobody names one, and that a deploy that waited for it leaves it alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from resumectl.backoff import Backoff
from resumectl.commands import deploy
from resumectl.commands import smoke as front_door
from resumectl.errors import Refused
from resumectl.release.pin import Pin
from tests.functional.doomed import World
from tests.functional.remembered import SITE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two releases."""
    monkeypatch.setattr(
        "resumectl.steps.worktree.check_handler", lambda *_: None
    )  # it starts a Python
    monkeypatch.setattr("resumectl.steps.unmanaged.find", lambda *_: ())
    made = World(tmp_path / "project")
    monkeypatch.setattr(front_door, "run", made.check)
    made.deploy()
    made.write("second", memory=128)
    made.deploy()
    return made


def tamper(world: World) -> None:
    world.account.s3.delete_object(Bucket=SITE, Key="index.html")


def served(world: World) -> bytes:
    return world.account.objects()["index.html"][0]


def test_it_is_the_one_before_the_live_one(world: World) -> None:
    assert world.rollback().body["target"] == 1
    assert b"first" in served(world)


def test_what_drift_fix_put_back_is_no_release_of_its_own(world: World) -> None:
    tamper(world)
    fixed = world.fix()
    assert (fixed.error, fixed.body["release"], served(world).count(b"second")) == (None, 3, 2)

    back = world.rollback()
    assert (back.body["target"], back.body["release"]["id"]) == (1, 4)
    assert b"first" in served(world)


def test_nor_is_it_one_to_go_back_to(world: World) -> None:
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
    deployer, rolling = world.context(), world.context()
    with ThreadPoolExecutor(1) as pool, rolling.locked("rollback"):
        waiting = pool.submit(deploy.deploy, deployer, deploy.Options(wait=60), lambda plan: None)
        assert Backoff(60).until(
            lambda: any("Waiting for the lock" in note for note in world.notes)
        )
        rolling.pins.set(Pin(1, {"name": "alex"}, "2026-11-27T10:00:00+00:00", "broken"))
    with pytest.raises(Refused, match="pinned to release #1 by alex"):
        waiting.result()
