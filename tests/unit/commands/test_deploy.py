from __future__ import annotations

from contextlib import ExitStack

import pytest

from resumectl.commands import destroy
from resumectl.errors import CloudError, Locked, Refused, TerraformError
from resumectl.release.pin import Pin
from tests.fakes.context import ADA, BAD, GOOD, Approval, World
from tests.fakes.errors import aws_error
from tests.fakes.part import OUTPUTS

PIN = Pin(1, {"name": "alex"}, "2026-11-22T10:00:00+00:00", "broken")


@pytest.fixture
def world():
    """One release."""
    world = World()
    world.release("1")
    world.forget_calls()
    return world


def untouched(world):
    return [part.writes for part in world.parts] == [[], [], []]


def test_the_first_deploy_makes_bucket_environment_and_release():
    world = World()
    outcome = world.deploy(message="Hello")
    body = outcome.body
    assert (outcome.error, body["recorded"], body["release"]["id"]) == (None, True, 1)
    assert (body["release"]["status"], body["release"]["message"]) == ("verified", "Hello")
    assert [row["action"] for row in body["changes"]] == ["create"] * 3
    assert body["urls"]["site"] == f"{OUTPUTS['site_url']}/"
    assert world.live()["site"] == {"index.html": "1"}
    assert list(world.stored()) == ["releases/prod/000001.json"]


def test_the_story_of_a_deploy(world):
    world.write("2")
    world.progress.started.clear()
    body = world.deploy().body
    assert world.progress.started == [
        *("prepare-bucket", "recover", "look"),
        *("apply-infra", "apply-function", "apply-site", "smoke", "record"),
    ]
    assert list(body["timings"])[-1] == "record"
    assert [check["name"] for check in body["checks"]] == ["page"]


def test_what_was_shown_is_what_is_applied(world):
    approval = Approval()
    world.write("2")
    outcome = world.deploy(approval)
    (plan,) = approval.plans
    assert [change.as_json() for change in plan.changes] == outcome.body["changes"]
    assert [comparison.changes for part in world.parts for comparison, _ in part.applied] == [
        plan.of(part.name) for part in world.parts
    ]
    assert [part.calls.count("compare") for part in world.parts] == [1, 1, 1]


def test_nothing_to_do_is_neither_asked_nor_recorded(world):
    approval = Approval()
    outcome = world.deploy(approval)
    assert (outcome.error, outcome.body["recorded"]) == (None, False)
    assert (outcome.body["changes"], outcome.body["release"]["id"]) == ([], 1)
    assert outcome.body["urls"]["site"] == f"{OUTPUTS['site_url']}/"
    assert (approval.plans, world.ledger.numbers()) == ([], [1])
    assert all("apply" not in part.calls for part in world.parts)


def test_a_part_that_was_not_chosen_is_not_touched(world):
    world.write("2")
    outcome = world.deploy(only=("site",))
    assert [row["part"] for row in outcome.body["changes"]] == ["site"]
    assert [part.writes for part in world.parts] == [[], [], ["index.html"]]


def test_nor_is_it_touched_when_the_smoke_test_fails(world):
    world.part("function").cloud = {"live": "by hand"}
    world.write("2")
    world.checks = [(BAD,)]
    outcome = world.deploy(only=("site",))
    assert outcome.body["release"]["taken_back_to"] == 1
    assert world.live()["function"] == {"live": "by hand"}
    assert world.part("infra").writes + world.part("function").writes == []


@pytest.mark.parametrize(("take_back", "to", "live"), [(True, 1, "1"), (False, None, "2")])
def test_a_failed_smoke_test(world, take_back, to, live):
    world.write("2")
    world.checks = [(BAD,)]
    outcome = world.deploy(take_back=take_back)
    assert (outcome.exit_code, outcome.body["release"]["status"]) == (4, "failed")
    assert (outcome.body["release"]["taken_back_to"], outcome.body["recorded"]) == (to, True)
    assert world.live()["site"] == {"index.html": live}


def test_a_deploy_without_a_smoke_test_is_unverified(world):
    world.tested.clear()
    assert world.release("2", smoke=False).status == "unverified"
    assert world.tested == []


# --- refused


def test_a_no_changes_nothing(world):
    world.write("2")
    with pytest.raises(Refused, match="Nothing was changed"):
        world.deploy(Approval(Refused("Nothing was changed.")))
    assert untouched(world)
    assert (world.ledger.numbers(), world.lock().read()) == ([1], None)


def test_data_loss_is_refused_before_the_question(world):
    approval = Approval()
    world.write("2")
    world.part("infra").lost = ["The table would be replaced"]
    with pytest.raises(Refused, match="table would be replaced"):
        world.deploy(approval)
    assert untouched(world)
    assert approval.plans == []
    assert world.deploy(approval, force=True).error is None


def test_a_worktree_that_cannot_be_built_changes_nothing(world):
    world.write("2")
    world.part("site").fail("worktree", Refused("There is no index.html."))
    with pytest.raises(Refused, match="index"):
        world.deploy()
    assert untouched(world)


def test_a_crash_that_cannot_be_recovered_from_changes_nothing(world):
    world.part("infra").fail("recover", TerraformError("The state is corrupt."))
    with pytest.raises(TerraformError):
        world.deploy()
    assert "compare" not in world.part("infra").calls


def test_a_pinned_environment_is_refused_until_it_is_unpinned(world):
    world.write("2")
    world.pins.set(PIN)
    with pytest.raises(Refused, match=r"pinned to release #1 by alex at .*: broken") as caught:
        world.deploy()
    assert caught.value.code == "pinned"
    assert "resumectl unpin --env prod" in caught.value.hint
    assert untouched(world)
    world.pins.remove()
    assert world.deploy().error is None


def test_force_deploys_a_pinned_environment(world):
    world.write("2")
    world.pins.set(PIN)
    assert world.deploy(force=True).error is None
    assert world.live()["site"] == {"index.html": "2"}


def test_somebody_elses_lock_is_refused(world):
    with world.context(pid=2).locked("rollback"), pytest.raises(Locked):
        world.deploy()
    assert "recover" not in world.part("infra").calls[1:]


def test_a_deploy_that_waited_for_a_rollback_does_not_undo_it(world):
    world.write("2")
    with ExitStack() as lock:
        lock.enter_context(world.context(pid=2).locked("rollback"))

        def finish(line):
            world.pins.set(PIN)
            lock.close()

        world.progress.on_note = finish
        with pytest.raises(Refused, match="pinned to release #1 by alex"):
            world.deploy(wait=600)
    assert world.progress.notes[0].startswith("Waiting for the lock")
    assert untouched(world)


# --- after trouble


def test_after_a_failure_the_same_command_continues(world):
    world.write("2")
    world.part("function").fail("apply", aws_error("SlowDown"))
    with pytest.raises(CloudError):
        world.deploy()
    assert world.ledger.heads().newest.status == "failed"
    world.part("function").hooks.clear()
    world.forget_calls()
    outcome = world.deploy()
    assert (outcome.error, outcome.body["release"]["id"]) == (None, 3)
    assert [part.writes for part in world.parts] == [[], ["live"], ["index.html"]]


@pytest.mark.parametrize("failed", [(BAD,), None])
def test_what_is_live_but_was_never_recorded_is_recorded_by_the_next_deploy(world, failed):
    """As after a failed smoke test, or a deploy that was killed before it could record."""
    world.write("2")
    if failed:
        world.checks = [failed, world.checks[0]]
        world.deploy(take_back=False)
    else:
        for part in world.parts:
            part.cloud = dict(part.repository)
    world.forget_calls()
    approval = Approval()
    outcome = world.deploy(approval)
    assert (outcome.body["recorded"], outcome.body["release"]["status"]) == (True, "verified")
    assert approval.plans == []
    assert untouched(world)


def test_after_a_failed_deploy_an_unchanged_environment_is_tested_and_recorded_again(world):
    world.write("2", "site")
    world.checks = [(BAD,), (GOOD,)]
    assert world.deploy().body["release"]["taken_back_to"] == 1
    world.write("1", "site")
    outcome = world.deploy()
    assert (outcome.body["changes"], outcome.body["release"]["id"]) == ([], 3)
    assert world.deploy().body["recorded"] is False


def test_resources_that_the_state_does_not_know_are_imported_although_nothing_changes(world):
    world.part("infra").imports = 1
    assert world.deploy().body["recorded"] is True
    assert "apply" in world.part("infra").calls


def test_after_a_destroy_everything_is_deployed_again(world):
    destroy.destroy(world.context(), Approval())
    assert world.ledger.heads().released is None
    assert world.deploy().body["recorded"] is True
    assert world.ledger.heads().released.actor == ADA
