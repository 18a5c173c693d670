"""A command that was killed: recorded once, as failed, with what it uploaded."""

from __future__ import annotations

import pytest

from resumectl.errors import CloudError
from resumectl.steps.interrupted import foresee, settle
from resumectl.steps.look import look
from tests.fakes.context import World
from tests.fakes.faults import Fault, Killed

KEY = "releases/prod/journal.json"


@pytest.fixture
def world():
    """A release, and a deploy of everything else that was killed while it wrote the site."""
    world = World()
    world.release("1")
    world.write("2")
    world.part("site").hooks["written"] = lambda: die(world)
    with pytest.raises(Killed):
        world.deploy()
    world.part("site").hooks.clear()
    return world


def die(world):
    world.process().kill()
    raise Killed


def settled(world):
    ctx = world.context()
    with ctx.locked("deploy"):
        return settle(ctx, look(ctx))


def test_a_killed_deploy_is_recorded_with_what_it_uploaded(world):
    assert KEY in world.stored()
    scene = settled(world)
    failed = world.ledger.heads().newest
    assert (failed.id, failed.status, failed.kind, failed.interrupted) == (
        2,
        "failed",
        "deploy",
        True,
    )
    assert failed.uploaded == {
        "infra": {("aws_s3_bucket.site", "2")},
        "function": {("live", "2")},
        "site": {("index.html", "2")},
    }
    assert (scene.heads.newest, scene.heads.released.id) == (failed, 1)
    assert KEY not in world.stored()
    assert world.progress.notes[-1] == "The deploy of ada was interrupted: recorded as #2."


def test_it_is_recorded_once(world):
    settled(world)
    settled(world)
    assert world.ledger.numbers() == [2, 1]


def test_what_it_did_not_come_to_is_not_recorded(world):
    world.part("function").cloud["live"] = "1"
    settled(world)
    assert world.ledger.heads().newest.uploaded.keys() == {"infra", "site"}


def test_infrastructure_keeps_the_record_that_it_had(world):
    settled(world)
    heads = world.ledger.heads()
    assert heads.standing("infra") == heads.released.parts["infra"]
    assert heads.newest.parts.keys() == {"infra"}


def test_killed_after_its_record_it_is_not_recorded_again(world):
    entry = world.ledger.journal.read()
    world.ledger.append(entry.draft)
    scene = settled(world)
    assert (scene.heads.newest.id, scene.heads.unfinished) == (2, False)
    assert world.ledger.numbers() == [2, 1]
    assert KEY not in world.stored()


def test_foreseen_is_what_would_be_recorded_and_nothing_is_written(world):
    before, ctx = world.stored(), world.context()
    scene = foresee(ctx, look(ctx))
    assert world.stored() == before
    assert (scene.heads.newest.status, scene.heads.newest.interrupted) == ("failed", True)


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_journal_that_cannot_be_read_stops_nothing(world, body):
    world.bucket.write(KEY, body)
    assert settled(world).heads.newest.id == 1
    assert "cannot be read" in world.progress.notes[-1]
    assert KEY not in world.stored()


def test_an_intent_that_a_part_does_not_know_stops_nothing(world):
    world.part("site").fail("left", KeyError("objects"))
    settled(world)
    assert world.ledger.heads().newest.uploaded.keys() == {"infra", "function"}


@pytest.mark.parametrize("command", ["deploy", "rollback", "revert"])
def test_every_command_that_writes_settles_it(world, command):
    getattr(world, command)()
    first, *rest = reversed(list(world.ledger.newest_first()))
    assert first.id == 1
    assert [row.interrupted for row in rest] == [True, False]
    assert KEY not in world.stored()


def test_a_rollback_returns_to_the_release_that_the_killed_deploy_was_to_replace(world):
    plan = world.rollback(only_plan=True)
    assert KEY in world.stored()
    assert world.rollback().body["target"] == plan.body["target"] == 1


def test_what_uploads_nothing_writes_no_journal():
    world = World()
    world.release("1")
    before = world.faults.count
    world.deploy()
    calls = world.faults.begun[before:]
    assert [call for call in calls if call[1] == KEY] == []


def test_a_deploy_writes_and_removes_it_once():
    world = World()
    world.release("1")
    calls = [call for call in world.faults.begun if call[1] == KEY]
    assert calls == [("put_object", KEY), ("delete_object", KEY)]


def test_a_deploy_that_cannot_write_it_changes_nothing():
    world = World()
    world.release("1")
    world.write("2")
    world.fail(Fault("refuse", call="put_object", key=KEY, code="AccessDenied"))
    live = world.live()
    with pytest.raises(CloudError, match="denied PutObject while noting what"):
        world.deploy()
    assert world.live() == live
