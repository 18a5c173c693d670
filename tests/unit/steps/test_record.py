from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from resumectl import __version__
from resumectl.errors import CloudError, Locked
from resumectl.plan import Change, Plan
from resumectl.progress import Step
from resumectl.release.lease import LEASE
from resumectl.steps import record
from tests.fakes.context import ADA, REVISION, World
from tests.fakes.faults import Fault
from tests.fakes.part import OUTPUTS, FakeRecord

PLAN = Plan((Change("site", "index.html", None, {}), Change("site", "old.html", {}, None)))


@pytest.fixture
def world():
    world = World()
    world.bucket.ensure("eu-west-2")
    return world


def test_a_draft_says_who_does_what_from_which_revision(world):
    draft = record.draft(world.context(), PLAN, "rollback", "broken layout")
    assert (draft.id, draft.env, draft.kind, draft.status) == (0, "prod", "rollback", "unverified")
    assert (draft.time, draft.actor) == ("2026-11-22T09:00:00+00:00", ADA)
    assert draft.git == {"revision": REVISION, "dirty": False}
    assert (draft.message, draft.tool) == ("broken layout", __version__)
    assert draft.changes == {"site": {"create": 1, "delete": 1}}


def test_a_record_gets_its_number_and_the_timings(world):
    ctx = world.context()
    with ctx.steps(Step("upload-site", "Upload the site")):
        pass
    recorded = record.append(ctx, record.draft(ctx, PLAN, "deploy"))
    assert recorded.id == 1
    assert list(recorded.timings) == ["upload-site"]
    assert world.ledger.read(1) == recorded
    assert world.progress.details == ["#1, unverified"]


def test_a_failure_is_recorded_with_the_step_that_failed(world):
    ctx = world.context()
    with pytest.raises(ZeroDivisionError), ctx.steps(Step("upload-site", "Upload the site")):
        raise ZeroDivisionError
    record.append_failure(ctx, record.draft(ctx, PLAN, "deploy"))
    recorded = world.ledger.read(1)
    assert (recorded.status, recorded.failed_step) == ("failed", "upload-site")


@pytest.mark.parametrize("write", [record.append, record.append_failure])
def test_a_command_that_lost_its_lock_records_only_that(world, write):
    ctx = world.context()
    parts = {"infra": FakeRecord({"aws_s3_bucket.site": "1"})}
    draft = replace(record.draft(ctx, PLAN, "deploy"), parts=parts)
    with ctx.locked("deploy"):
        world.later(seconds=LEASE)
        world.lock().release(world.lock().read().etag)
        with suppress(Locked):
            write(ctx, draft)
        with pytest.raises(Locked):
            ctx.releases.pins.remove()
    recorded = world.ledger.read(1)
    assert (recorded.status, recorded.failed_step) == ("failed", "record")
    assert (recorded.lock_lost, recorded.parts) == (True, {})
    assert world.ledger.numbers() == [1]


def test_a_failure_that_cannot_be_recorded_is_only_noted(world):
    ctx = world.context()
    world.fail(Fault("refuse", call="put_object", code="AccessDenied", lasting=True))
    record.append_failure(ctx, record.draft(ctx, PLAN, "deploy"))
    (note,) = world.progress.notes
    assert note.startswith("Could not record this deploy in the ledger: ")
    with pytest.raises(CloudError):
        record.append(ctx, record.draft(ctx, PLAN, "deploy"))


def test_the_urls_of_an_environment():
    assert record.urls(OUTPUTS) == {
        "site": "https://d1.cloudfront.net/",
        "counter": "https://d1.cloudfront.net/api/count",
    }
    assert record.urls({}) == {}
