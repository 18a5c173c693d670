from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from resumectl.commands import destroy, rollback
from resumectl.errors import CloudError, Locked, Refused
from resumectl.plan import UNPUBLISHED
from resumectl.release.pin import Pin
from tests.fakes.context import ADA, BAD, GOOD, REVISION, UNSEEN, Approval, World
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault


@pytest.fixture
def world():
    """Two releases."""
    world = World()
    world.release("1")
    world.release("2")
    world.forget_calls()
    return world


def untouched(world):
    return [part.writes for part in world.parts] == [[], [], []]


def tamper(world):
    world.part("site").cloud = {"index.html": "by hand"}


def target(world, **options):
    return world.rollback(only_plan=True, **options).body["target"]


# --- the story


def test_the_release_before_the_live_one_is_served_again(world):
    approval = Approval()
    outcome = world.rollback(approval)
    assert (outcome.error, outcome.body["target"], outcome.body["release"]["id"]) == (None, 1, 3)
    assert world.live() == {
        "infra": {"aws_s3_bucket.site": "2"},
        "function": {"live": "1"},
        "site": {"index.html": "1"},
    }
    assert [change.part for change in approval.plans[0].changes] == ["function", "site"]
    assert outcome.body["not_rolled_back"] == ["infra", "data"]
    assert outcome.body["revision"] == REVISION


def test_a_rollback_is_recorded_with_what_stands_and_what_is_served(world):
    world.rollback(message="broken layout")
    release = world.ledger.read(3)
    assert (release.kind, release.rollback_of, release.origin) == ("rollback", 1, 1)
    assert (release.status, release.message) == ("verified", "broken layout")
    first, second = world.ledger.read(1).parts, world.ledger.read(2).parts
    assert release.parts == {**first, "infra": second["infra"]}


def test_each_part_is_compared_once(world):
    world.rollback()
    assert [part.calls.count("compare") for part in world.parts] == [0, 1, 1]


def test_a_recovery_mends_only_what_a_rollback_needs(world):
    for part in world.parts:
        part.recovered.clear()
    world.rollback()
    assert [part.recovered for part in world.parts] == [[False]] * 3


def test_only_what_visitors_get_is_rolled_back(world):
    site = world.part("site")
    compare = site.compare

    def comparing(*arguments):
        comparison = compare(*arguments)
        changes = tuple(replace(change, kind=UNPUBLISHED) for change in comparison.changes)
        return replace(comparison, changes=changes)

    site.compare = comparing
    assert [row["part"] for row in world.rollback().body["changes"]] == ["function"]
    assert site.writes == []


def test_a_failed_smoke_test_leaves_the_old_release_in_place(world):
    world.checks = [(BAD,)]
    outcome = world.rollback()
    assert (outcome.exit_code, outcome.body["release"]["status"]) == (4, "failed")
    assert outcome.body["release"]["taken_back_to"] is None
    assert world.live()["site"] == {"index.html": "1"}


# --- the plan


def test_a_plan_changes_nothing_and_needs_no_lock(world):
    stored = world.stored()
    with world.context(pid=2).locked("deploy"):
        body = world.rollback(only_plan=True).body
    assert (body["target"], body["release"], body["checks"]) == (1, None, [])
    assert [row["part"] for row in body["changes"]] == ["function", "site"]
    assert untouched(world)
    assert world.stored() == stored


# --- the target


def test_a_release_can_be_named(world):
    world.release("3")
    assert target(world, release=1) == 1
    assert world.rollback(release=1).body["target"] == 1
    assert world.live()["site"] == {"index.html": "1"}


@pytest.mark.parametrize("number", [99, 7])
def test_a_release_that_is_not_there_is_refused(world, number):
    with pytest.raises(Refused, match=f"There is no release #{number}") as caught:
        world.rollback(release=number)
    assert caught.value.code == "unknown-release"
    assert world.pins.read() is None


def test_a_failed_release_is_refused(world):
    world.write("3")
    world.checks = [(BAD,)]
    world.deploy()
    with pytest.raises(Refused, match="Release #3 failed at: smoke"):
        world.rollback(release=3)


@pytest.fixture
def partial():
    """#1 has no function."""
    world = World()
    world.deploy(only=("infra", "site"))
    world.release("2")
    return world


@pytest.mark.parametrize("options", [{}, {"release": 1}])
def test_a_part_that_the_release_lacks_stays_and_that_is_said(partial, options):
    """Whether the release was named or found."""
    body = partial.rollback(only_plan=True, **options).body
    assert (body["target"], body["not_rolled_back"]) == (1, ["infra", "function", "data"])
    assert [row["part"] for row in body["changes"]] == ["site"]
    assert partial.rollback(**options).body["target"] == 1
    assert partial.live()["function"] == {"live": "2"}
    assert partial.live()["site"] == {"index.html": "1"}
    assert partial.ledger.read(3).parts["function"] == partial.ledger.read(2).parts["function"]


def test_a_release_from_before_a_destroy_is_refused(world):
    """Even if the same was deployed again since."""
    destroy.destroy(world.context(), Approval())
    world.release("1")
    world.release("2")
    world.forget_calls()
    with pytest.raises(Refused, match=r"#1 is gone: the environment was destroyed since, by #3"):
        world.rollback(release=1)
    assert untouched(world)
    assert world.pins.read() is None
    assert world.rollback(release=4).error is None


def test_a_release_that_serves_nothing_is_refused():
    world = World()
    world.deploy(only=("infra",))
    world.release("2")
    with pytest.raises(Refused, match="Release #1 serves nothing"):
        world.rollback(release=1)
    with pytest.raises(Refused, match="no verified release before the live one"):
        world.rollback()
    assert world.pins.read() is None


def test_an_earlier_rollback_goes_one_further_back(world):
    world.release("3")
    world.rollback()
    assert world.ledger.heads().newest.rollback_of == 2
    assert target(world) == 1


@pytest.mark.parametrize("value", ["2", "4"])
def test_what_a_rollback_left_is_no_target(world, value):
    """#3 goes back to #1; then the same tree is deployed again, or another one."""
    world.rollback()
    world.pins.remove()
    world.release(value)
    assert target(world) == 1


def test_a_release_of_infrastructure_alone_is_no_target(world):
    world.write("3", "infra")
    world.deploy()
    assert world.ledger.heads().released.id == 3
    assert world.rollback().body["target"] == 1
    assert world.live()["site"] == {"index.html": "1"}


def test_what_a_revert_put_back_is_no_release_of_its_own(world):
    tamper(world)
    world.revert()
    assert world.ledger.heads().newest.id == 3
    assert target(world) == 1


def test_nor_is_it_one_to_go_back_to(world):
    tamper(world)
    world.revert()
    world.release("3")
    assert target(world) == 2
    tamper(world)
    world.revert()
    world.rollback()
    assert target(world) == 1


def test_an_unverified_release_is_passed_over(world):
    world.release("3", smoke=False)
    world.release("4")
    assert target(world) == 2


def test_a_failed_deploy_that_was_left_in_place_returns_to_the_live_release(world):
    world.write("3")
    world.checks = [(BAD,), (GOOD,)]
    world.deploy(take_back=False)
    assert world.rollback().body["target"] == 2
    assert world.live()["site"] == {"index.html": "2"}


def test_a_failed_deploy_that_was_taken_back_is_passed_over(world):
    world.write("3")
    world.checks = [(BAD,), (GOOD,)]
    world.deploy()
    assert target(world) == 1


def test_a_failed_deploy_that_changed_nothing_is_passed_over(world):
    world.write("3")
    world.part("infra").fail("apply", aws_error("AccessDenied"))
    with pytest.raises(CloudError):
        world.deploy()
    assert target(world) == 1


def test_a_rollback_that_failed_goes_on(world):
    world.part("site").fail("apply", aws_error("SlowDown"))
    with pytest.raises(CloudError):
        world.rollback()
    world.part("site").hooks.clear()
    assert world.rollback().body["target"] == 1
    assert world.live()["site"] == {"index.html": "1"}


def test_the_first_release_has_none_before_it():
    world = World()
    world.release("1")
    with pytest.raises(Refused, match="There is no verified release before the live one"):
        world.rollback()
    with pytest.raises(Refused, match="not deployed yet"):
        World().rollback()


# --- the pin


def test_the_pin_is_set_before_anything_is_applied(world):
    seen = []
    world.part("function").hooks["apply"] = lambda: seen.append(world.pins.read())
    world.rollback(message="broken layout")
    assert seen == [Pin(1, ADA, "2026-11-22T09:00:00+00:00", "broken layout")]
    assert world.pins.read() == seen[0]


def test_the_pin_outlives_a_rollback_that_failed(world):
    world.part("function").fail("apply", aws_error("AccessDenied"))
    with pytest.raises(CloudError):
        world.rollback()
    assert world.pins.read().release == 1
    newest = world.ledger.heads().newest
    assert (newest.kind, newest.status, newest.rollback_of) == ("rollback", "failed", 1)
    with pytest.raises(Refused, match="pinned"):
        world.deploy()


def test_a_pin_that_cannot_be_set_applies_nothing(world):
    world.fail(Fault("refuse", call="put_object", key="pins/prod.json", code="AccessDenied"))
    with pytest.raises(CloudError):
        world.rollback()
    assert untouched(world)


# --- refused


def test_a_no_changes_nothing(world):
    with pytest.raises(Refused):
        world.rollback(Approval(Refused("Nothing was changed.")))
    assert untouched(world)
    assert world.pins.read() is None


def test_what_is_needed_must_still_exist_before_anything_is_changed(world):
    world.part("site").fail("check", Refused("Version v1 of index.html is gone."))
    approval = Approval()
    with pytest.raises(Refused, match="is gone"):
        world.rollback(approval)
    assert untouched(world)
    assert (approval.plans, world.pins.read()) == ([], None)


def test_somebody_elses_lock_is_refused(world):
    with world.context(pid=2).locked("deploy"), pytest.raises(Locked):
        world.rollback()
    assert untouched(world)


def test_what_is_live_already_is_pinned_and_recorded_without_a_question(world):
    approval = Approval()
    outcome = world.rollback(approval, release=2)
    assert (outcome.body["changes"], approval.plans) == ([], [])
    assert (outcome.body["release"]["id"], world.pins.read().release) == (3, 2)


# --- repeated after a crash


@pytest.mark.parametrize("seen", [GOOD, UNSEEN])
def test_a_rollback_that_had_finished_is_not_repeated_one_further_back(world, seen):
    world.release("3")
    world.checks = [(seen,)]
    world.rollback()
    world.crash("rollback")
    outcome = world.rollback()
    assert (outcome.body["target"], outcome.body["release"]["id"]) == (2, 4)
    assert (outcome.body["changes"], world.ledger.numbers()[0]) == ([], 4)
    assert "The interrupted rollback to release #2 had finished." in world.progress.notes


def test_one_that_names_its_release_is_repeated(world):
    world.release("3")
    world.rollback()
    world.crash("rollback")
    assert world.rollback(release=1).body["target"] == 1
    assert world.live()["site"] == {"index.html": "1"}


@pytest.mark.parametrize("command", ["deploy", "rollback"])
def test_another_command_or_an_older_rollback_is_no_reason_to_stop(world, command):
    """A deploy crashed; or a rollback crashed before it could record, after an earlier one."""
    world.release("3")
    world.rollback()
    world.later(hours=1)
    world.crash(command)
    assert world.rollback().body["target"] == 1


def test_a_rollback_of_a_machine_whose_clock_is_ahead_is_no_reason_to_stop(world):
    world.release("3")
    world.rollback()
    theirs = world.ledger.heads().newest
    world.ledger.forget(theirs.id)
    in_an_hour = (world.now + timedelta(hours=1)).isoformat()
    world.ledger.append(replace(theirs, actor={"name": "bob", "host": "desk"}, time=in_an_hour))
    world.crash("rollback")
    assert world.rollback().body["target"] == 1


def test_a_crash_in_the_second_of_the_last_deploy_is_repeated(world):
    world.crash("rollback")
    assert world.rollback().body["target"] == 1


def test_a_failed_rollback_in_the_second_of_the_crash_is_repeated(world):
    world.checks = [(BAD,), (GOOD,)]
    world.rollback()
    world.crash("rollback")
    outcome = world.rollback()
    assert (outcome.body["target"], outcome.body["release"]["id"]) == (1, 4)


def test_a_crash_before_the_record_is_repeated(world):
    world.later(hours=1)
    world.crash("rollback")
    assert world.rollback().body["target"] == 1


def test_the_options_of_a_plain_rollback():
    assert rollback.Options() == rollback.Options(None, only_plan=False, message="", wait=0.0)
