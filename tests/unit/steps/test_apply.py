"""The tail of a command: applied is what was shown, recorded is what was applied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resumectl.errors import CloudError, Exit, SmokeFailed
from resumectl.steps import apply, record
from resumectl.steps.compare import survey
from tests.fakes.context import BAD, GOOD, UNSEEN, World
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault
from tests.fakes.part import OUTPUTS, FakeRecord


@pytest.fixture
def world():
    """One release."""
    world = World()
    world.release("1")
    world.forget_calls()
    world.tested.clear()
    return world


def carry_out(world, only=(), **choices):
    ctx = world.context()
    world.bucket.ensure("eu-west-2")
    found = survey(ctx, only)
    draft = record.draft(ctx, found.plan, "deploy")
    return apply.carry_out(ctx, found.scene, found.comparisons, draft, apply.Choices(**choices))


def newest(world):
    return world.ledger.heads().newest


# --- applying


def test_what_was_compared_is_applied_and_nothing_is_compared_again(world):
    world.write("2")
    ctx = world.context()
    found = survey(ctx)
    draft = record.draft(ctx, found.plan, "deploy")
    world.write("3")
    apply.carry_out(ctx, found.scene, found.comparisons, draft)
    assert world.live() == {
        "infra": {"aws_s3_bucket.site": "2"},
        "function": {"live": "2"},
        "site": {"index.html": "2"},
    }
    assert [part.calls.count("compare") for part in world.parts] == [1, 1, 1]


def test_a_part_that_was_not_chosen_is_not_touched(world):
    world.write("2")
    carry_out(world, ["site"])
    assert [part.writes for part in world.parts] == [[], [], ["index.html"]]


def test_the_outputs_of_a_part_reach_the_next_as_they_are_then(world):
    world.write("2")
    infra, function = world.part("infra"), world.part("function")
    infra.hooks["apply"] = lambda: infra.offers.update(site_bucket="another")
    function.hooks["apply"] = lambda: function.offers.update(version="7")
    ending = carry_out(world)
    assert [part.applied[0][1] for part in world.parts] == [
        OUTPUTS,
        {**OUTPUTS, "site_bucket": "another"},
        {**OUTPUTS, "site_bucket": "another", "version": "7"},
    ]
    assert ending.outputs["version"] == "7"


# --- recording


def test_the_record_is_what_apply_returned(world):
    """Not what was wanted: here something else is read back."""
    world.write("2", "function")
    function = world.part("function")
    apply_function = function.apply

    def applying(comparison, outputs):
        applied = apply_function(comparison, outputs)
        return replace(applied, record=FakeRecord({"live": "as read back"}))

    function.apply = applying
    carry_out(world)
    assert newest(world).parts["function"] == FakeRecord({"live": "as read back"})


def test_a_part_with_nothing_to_do_keeps_its_record(world):
    world.write("2")
    ending = carry_out(world, ["site"])
    things = {name: part.things for name, part in ending.release.parts.items()}
    assert things == {
        "infra": {"aws_s3_bucket.site": "1"},
        "function": {"live": "1"},
        "site": {"index.html": "2"},
    }


def test_a_success_is_verified_only_if_it_was_tested(world):
    world.write("2")
    assert carry_out(world, smoke=False).release.status == "unverified"
    assert world.tested == []
    assert carry_out(world).release.status == "verified"
    assert carry_out(world).release.smoke == (GOOD.as_json(),)


def test_without_a_site_there_is_nothing_to_test():
    world = World()
    assert carry_out(world, ["infra", "function"]).release.status == "unverified"
    assert world.tested == []


def test_what_is_tested_is_what_is_served(world):
    world.write("2", "site")
    carry_out(world)
    ((target, _),) = world.tested
    assert target.pages == {"index.html": "2"}


@pytest.mark.parametrize(
    ("things", "settle"),
    [
        ({"aws_s3_bucket.site": "1"}, 20.0),
        ({"aws_s3_bucket.site": "2"}, 20.0),
        ({"aws_s3_bucket.site": "1", "aws_s3_bucket.new": "1"}, 600.0),
    ],
)
def test_new_infrastructure_gets_minutes_to_settle(world, things, settle):
    world.part("infra").repository = things
    world.part("site").repository = {"index.html": "1", "new.html": "1"}
    carry_out(world)
    assert [seconds for _, seconds in world.tested] == [settle]


# --- failing


def test_a_failure_stops_and_is_recorded_with_only_what_does_not_roll_back(world):
    world.write("2")
    world.part("function").fail("apply", aws_error("AccessDenied"))
    with pytest.raises(CloudError):
        carry_out(world)
    failed = newest(world)
    assert (failed.status, failed.failed_step) == ("failed", "apply-function")
    assert failed.parts == {"infra": FakeRecord({"aws_s3_bucket.site": "2"})}
    assert world.part("site").writes == []
    assert world.ledger.heads().released.id == 1


def test_infrastructure_that_failed_keeps_the_record_it_had(world):
    world.write("2")
    world.part("infra").fail("apply", aws_error("AccessDenied"))
    with pytest.raises(CloudError):
        carry_out(world)
    assert newest(world).parts == {"infra": FakeRecord({"aws_s3_bucket.site": "1"})}


def test_the_record_of_infrastructure_outlives_a_failed_deploy(world):
    """What stands is known from the failed deploy, not from the release before it."""
    world.write("2")
    world.part("function").fail("apply", aws_error("AccessDenied"))
    with pytest.raises(CloudError):
        carry_out(world)
    ending = carry_out(world, ["site"])
    assert ending.release.parts["infra"] == FakeRecord({"aws_s3_bucket.site": "2"})


def test_an_interrupt_is_recorded_as_a_failure(world):
    world.write("2")
    world.part("site").fail("apply", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        carry_out(world)
    assert (newest(world).status, newest(world).failed_step) == ("failed", "apply-site")


def test_a_failure_that_cannot_be_recorded_is_still_the_one_that_is_raised(world):
    world.write("2")
    world.part("function").fail("apply", aws_error("AccessDenied"))
    world.fail(Fault("refuse", at=2, call="put_object", code="SlowDown", lasting=True))
    with pytest.raises(CloudError) as caught:
        carry_out(world)
    assert caught.value.code == "access-denied"
    assert "Could not record this deploy" in world.progress.notes[-1]


# --- an unhealthy release


def test_a_failed_smoke_test_leaves_the_release_in_place(world):
    world.write("2")
    world.checks = [(GOOD, BAD)]
    ending = carry_out(world)
    assert ending.error.message == "1 of 2 checks failed: counter."
    assert (ending.release.status, ending.release.failed_step) == ("failed", "smoke")
    assert ending.release.taken_back_to is None
    assert ending.release.smoke == (GOOD.as_json(), BAD.as_json())
    assert world.live()["site"] == {"index.html": "2"}


def test_what_was_not_seen_stands_and_is_unverified(world):
    world.write("2")
    world.checks = [(UNSEEN,)]
    ending = carry_out(world, take_back=True)
    assert (ending.error.code, ending.error.exit_code) == ("unseen", Exit.SMOKE_FAILED)
    assert (ending.release.status, ending.release.taken_back_to) == ("unverified", None)
    assert (ending.release.smoke, ending.release.failed_step) == ((UNSEEN.as_json(),), None)
    assert world.ledger.heads().released == ending.release
    assert world.live()["site"] == {"index.html": "2"}


def test_what_was_changed_is_taken_back(world):
    world.write("2")
    world.checks = [(BAD,)]
    ending = carry_out(world, take_back=True)
    assert ending.release.taken_back_to == 1
    assert world.live() == {
        "infra": {"aws_s3_bucket.site": "2"},
        "function": {"live": "1"},
        "site": {"index.html": "1"},
    }
    assert ending.release.parts == {"infra": FakeRecord({"aws_s3_bucket.site": "2"})}


def test_only_what_this_deploy_changed_is_taken_back(world):
    """The function differs from the release for a reason of its own."""
    world.part("function").cloud = {"live": "by hand"}
    world.write("2", "site")
    world.checks = [(BAD,)]
    carry_out(world, ["site"], take_back=True)
    assert world.live()["function"] == {"live": "by hand"}
    assert world.live()["site"] == {"index.html": "1"}
    assert world.part("function").writes == []


def test_what_an_earlier_deploy_left_in_place_is_not_taken_back(world):
    """It is what the worktree wants, so this deploy does not change it."""
    world.write("2", "function")
    world.checks = [(BAD,)]
    carry_out(world)
    world.write("2")
    carry_out(world, take_back=True)
    assert world.live()["function"] == {"live": "2"}
    assert world.live()["site"] == {"index.html": "1"}


def test_the_first_deploy_has_nothing_to_return_to():
    world = World()
    world.checks = [(BAD,)]
    ending = carry_out(world, take_back=True)
    assert (ending.release.status, ending.release.taken_back_to) == ("failed", None)
    assert world.live()["site"] == {"index.html": "1"}


def test_a_way_back_that_fails_is_recorded_as_not_taken(world):
    world.write("2")
    world.checks = [(BAD,)]
    world.part("site").hooks["live"] = lambda: (
        world.tested and world.part("site").fail("apply", aws_error("AccessDenied"))
    )
    with pytest.raises(CloudError):
        carry_out(world, take_back=True)
    assert (newest(world).status, newest(world).taken_back_to) == ("failed", None)
    assert newest(world).failed_step == "smoke"


def test_a_way_back_that_fails_is_what_is_raised_even_if_it_cannot_be_recorded(world):
    world.write("2")
    world.checks = [(BAD,)]

    def gone():
        if world.tested:
            world.fail(Fault("refuse", call="put_object", code="SlowDown", lasting=True))
            raise aws_error("AccessDenied")

    world.part("site").hooks["live"] = gone
    with pytest.raises(CloudError) as caught:
        carry_out(world, take_back=True)
    assert caught.value.code == "access-denied"
    assert "Could not record this deploy" in world.progress.notes[-1]


@pytest.mark.parametrize(("take_back", "to"), [(True, 1), (False, None)])
def test_a_version_that_does_not_work_fails_like_the_smoke_test(world, take_back, to):
    world.write("2")
    function = world.part("function")

    def unhealthy():
        function.hooks.clear()
        raise SmokeFailed("Version 2 answers 500.")

    function.hooks["apply"] = unhealthy
    ending = carry_out(world, take_back=take_back)
    assert ending.error.message == "Version 2 answers 500."
    assert (ending.release.failed_step, ending.release.taken_back_to) == ("apply-function", to)
    assert (world.tested, world.part("site").writes) == ([], [])


# --- what a failed deploy uploaded


def test_what_was_applied_before_a_failure_is_recorded_for_pruning(world):
    """Only what is new: the site is not changed here, and the infrastructure stays."""
    world.write("2", "infra", "function")
    carry_out_and_fail(world)
    assert newest(world).uploaded == {
        "infra": {("aws_s3_bucket.site", "2")},
        "function": {("live", "2")},
    }


def test_what_a_failure_stopped_before_is_not(world):
    world.write("2")
    world.part("site").fail("apply", aws_error("SlowDown"))
    with pytest.raises(CloudError):
        carry_out(world)
    assert newest(world).uploaded.keys() == {"infra", "function"}


def test_what_a_part_wrote_before_it_failed_is_recorded(world):
    world.write("2")
    site = world.part("site")
    site.repository["style.css"] = "2"
    site.fail("written", CloudError("S3 refused it."))
    with pytest.raises(CloudError):
        carry_out(world)
    assert newest(world).uploaded["site"] == {("index.html", "2")}


def test_what_cannot_be_found_out_after_a_failure_does_not_hide_it(world):
    world.write("2")
    world.part("site").fail("apply", CloudError("S3 refused it."))
    world.part("site").fail("left", aws_error("AccessDenied"))
    with pytest.raises(CloudError, match="S3 refused it"):
        carry_out(world)
    assert newest(world).uploaded.keys() == {"infra", "function"}


def test_a_release_that_is_live_has_nothing_to_prune(world):
    world.write("2")
    carry_out(world)
    assert newest(world).uploaded == {}


def carry_out_and_fail(world):
    world.checks = [(BAD,), (GOOD,)]
    assert carry_out(world, take_back=True).error is not None
