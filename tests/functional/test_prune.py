"""What is kept in AWS: what kept releases are made of, and nothing else of ours."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import CloudError
from resumectl.release.pin import Pin
from resumectl.settings import FILE
from tests.fakes.faults import Fault, Faults, Killed
from tests.functional.world import World, name, site

if TYPE_CHECKING:
    from pathlib import Path

KEEP = "\n[releases]\nkeep = {0}\nkeep_days = {1}\n"
DAY = 86_400.0


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project without a release."""
    return World(tmp_path / "project")


def keep(world: World, releases: int, days: int = 0) -> None:
    with (world.root / FILE).open("a") as settings:
        settings.write(KEEP.format(releases, days))


def release(world: World, word: str, memory: int = 128) -> None:
    world.aws.clock.advance(1.0)
    world.write(word, memory)
    assert world.deploy().error is None


def fail(world: World, word: str, memory: int = 128) -> None:
    """A deploy that is taken back: its smoke test fails, and the next one passes."""
    world.aws.clock.advance(1.0)
    world.write(word, memory)
    world.broken = 1
    assert world.deploy().error is not None


def versions(world: World) -> set[str]:
    listed = world.client("lambda").list_versions_by_function(FunctionName=name())["Versions"]
    return {row["Version"] for row in listed} - {"$LATEST"}


def words(world: World) -> set[str]:
    """The words of every version of every asset in the site's bucket, current or not."""
    rows = world.aws.buckets[site()].all_versions()
    bodies = [row.body.decode() for key, row, _ in rows if key.startswith("assets/") and row.body]
    return {body.strip("'") for body in bodies}


def pages(world: World) -> set[str]:
    """The titles of every version of every page."""
    rows = world.aws.buckets[site()].all_versions()
    bodies = [row.body.decode() for key, row, _ in rows if key.endswith(".html") and row.body]
    return {body.partition("<title>")[2].partition("<")[0] for body in bodies}


def numbers(world: World) -> list[int]:
    return sorted(world.context().releases.ledger.numbers())


def test_what_only_old_releases_need_goes(world: World) -> None:
    keep(world, 2)
    for word in ("first", "second", "third", "fourth"):
        release(world, word)
    assert numbers(world) == [3, 4]
    assert words(world) == {"third", "fourth"}
    assert len(versions(world)) == 2
    assert len(world.stored("artifacts/prod/function/")) == 2


def test_what_a_failed_deploy_uploaded_goes_after_the_next_good_one(world: World) -> None:
    release(world, "first")
    fail(world, "bad", memory=512)
    assert "bad" in words(world)
    release(world, "second", memory=256)
    assert numbers(world) == [1, 2, 3]
    assert words(world) == {"first", "second"}
    assert len(versions(world)) == 2
    assert len(world.stored("artifacts/prod/function/")) == 2
    assert len(world.stored("artifacts/prod/infra/")) == 2


@pytest.mark.parametrize("key", ["about.html", "index.html"])
def test_what_an_upload_that_broke_off_wrote_goes_too(world: World, key: str) -> None:
    release(world, "first")
    world.aws.clock.advance(1.0)
    world.write("bad", memory=128)
    refused = Fault("refuse", call="put_object", key=key, code="AccessDenied", lasting=True)
    with pytest.raises(CloudError):
        world.deploy(Faults([refused]))
    assert "bad" in words(world)
    release(world, "second")
    assert (words(world), pages(world)) == ({"first", "second"}, {"first", "second"})


def test_failed_deploys_push_no_release_out(world: World) -> None:
    keep(world, 2)
    release(world, "first")
    release(world, "second")
    for word in ("bad", "worse", "worst"):
        fail(world, word)
    release(world, "third")
    assert numbers(world) == [2, 3, 4, 5, 6]
    assert world.rollback().body["target"] == 2
    assert b"second" in world.objects()["index.html"][0]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_kept_release_can_be_served_again(world: World, number: int) -> None:
    keep(world, 3)
    for word in ("zero", "first", "second", "third"):
        release(world, word)
    fail(world, "bad")
    release(world, "second")  # as #3, and after #4
    world.fix()
    kept = numbers(world)
    target = [n for n in kept if n != 5][number - 1]
    rolled = world.rollback(release=target)
    assert (rolled.error, rolled.body["target"]) == (None, target)


def test_the_days_are_kept(world: World) -> None:
    keep(world, 2, days=30)
    release(world, "first")
    world.aws.clock.advance(29 * DAY)
    release(world, "second")
    release(world, "third")
    assert numbers(world) == [1, 2, 3]
    world.aws.clock.advance(2 * DAY)
    release(world, "fourth")
    assert numbers(world) == [2, 3, 4]
    assert words(world) == {"second", "third", "fourth"}


def test_the_pinned_release_is_kept(world: World) -> None:
    keep(world, 2)
    release(world, "first")
    with world.working() as ctx:
        ctx.releases.pins.set(Pin(1, {"name": "ada"}, "", ""))
    for word in ("second", "third", "fourth"):
        world.write(word, memory=128)
        assert world.deploy(force=True).error is None
    assert numbers(world) == [1, 3, 4]
    assert words(world) == {"first", "third", "fourth"}


@pytest.mark.parametrize("call", ["delete_function", "delete_objects"])
def test_a_refused_pruning_leaves_a_verified_release_alone(world: World, call: str) -> None:
    keep(world, 2)
    release(world, "first")
    release(world, "second")
    world.write("third", memory=128)
    at = 2 if call == "delete_objects" else 1  # the first deletes the old asset
    faults = Faults([Fault("refuse", at=at, call=call, code="AccessDenied", lasting=True)])
    outcome = world.deploy(faults)
    assert faults.met
    assert (outcome.error, outcome.body["release"]["status"]) == (None, "verified")
    assert any(note.startswith("Some old releases were not pruned") for note in world.notes)
    assert numbers(world) == [1, 2, 3]
    release(world, "fourth")
    assert (numbers(world), words(world)) == ([3, 4], {"third", "fourth"})


# --- what a killed deploy uploaded

EVERY = 2


def killed(world: World, point: int) -> bool:
    """Deploy something else in a process that dies at a point; whether it had uploaded anything."""
    world.write("bad", memory=512)
    with suppress(Killed):
        world.deploy(Faults([Fault.kill(point)]))
    return "bad" in words(world)


def test_what_a_killed_deploy_uploaded_goes_after_the_next_good_one(tmp_path: Path) -> None:
    prepared = World(tmp_path / "prepared")
    prepared.deploy()
    faults, tried = Faults(), prepared.copy(tmp_path / "tried")
    tried.write("bad", memory=512)
    tried.deploy(faults)
    recorded = faults.begun.index(("put_object", "releases/prod/000002.json"))
    uploads = 0
    for point in range(1, 2 * recorded + 1, EVERY):
        world = prepared.copy(tmp_path / str(point))
        uploads += killed(world, point)
        about = f"killed at {point}: {faults.begun[(point - 1) // 2]}"
        world.write("second", memory=256)
        assert world.deploy().error is None, about
        assert words(world) == {"first", "second"}, about
        assert len(versions(world)) == 2, about
        assert len(world.stored("artifacts/prod/function/")) == 2, about
        assert len(world.stored("artifacts/prod/infra/")) == 2, about
        assert "releases/prod/journal.json" not in world.stored(), about
        assert world.context().releases.ledger.heads().newest.status == "verified", about
    assert uploads > 5


def test_a_killed_deploy_is_in_the_history(world: World) -> None:
    release(world, "first")
    with suppress(Killed):
        world.write("bad", memory=512)
        world.deploy(Faults([Fault("kill-after", call="put_object", key="index.html")]))
    assert numbers(world) == [1]
    assert world.rollback(only_plan=True).body["target"] == 1
    assert world.rollback().body["target"] == 1
    newest, failed, _ = world.context().releases.ledger.newest_first()
    assert (newest.rollback_of, failed.status, failed.interrupted) == (1, "failed", True)
    assert b"first" in world.objects()["index.html"][0]


# --- an environment that is destroyed


def test_a_destroyed_environment_can_be_deployed_again(world: World) -> None:
    release(world, "first")
    release(world, "second")
    world.rollback()
    assert world.stored("pins/")
    assert world.destroy().error is None
    assert world.stored("pins/") == []
    assert world.deploy().error is None
    assert b"second" in world.objects()["index.html"][0]
