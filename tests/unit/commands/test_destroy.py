from __future__ import annotations

import pytest

from resumectl.commands.destroy import destroy
from resumectl.errors import CloudError, Locked, Refused
from resumectl.release.pin import Pin
from tests.fakes.context import ADA, Approval, World
from tests.fakes.errors import aws_error


def deployed(**options):
    world = World(**options)
    world.release("1")
    world.forget_calls()
    return world


@pytest.fixture
def world():
    return deployed()


def run(world, approval=None):
    return destroy(world.context(), approval or Approval())


def test_everything_is_deleted_and_that_is_recorded(world):
    approval = Approval()
    outcome = run(world, approval)
    assert [(row["key"], row["action"]) for row in outcome.body["changes"]] == [
        ("aws_s3_bucket.site", "delete")
    ]
    assert world.live()["infra"] == {}
    release = world.ledger.read(2)
    assert (release.status, release.kind, release.parts) == ("destroyed", "destroy", {})
    assert world.ledger.heads().released is None
    assert (len(approval.plans), approval.names) == (1, [])


def test_a_part_that_goes_with_another_is_not_asked(world):
    run(world)
    assert world.part("function").applied == world.part("site").applied == []


def test_a_no_applies_nothing(world):
    with pytest.raises(Refused):
        run(world, Approval(Refused("Nothing was changed.")))
    assert "apply" not in world.part("infra").calls
    assert (world.ledger.numbers(), world.lock().read()) == ([1], None)


def test_a_protected_environment_needs_its_name():
    world, approval = deployed(protected=True), Approval()
    with pytest.raises(Refused, match="No"):
        run(world, refusing := Approval(Refused("No.")))
    assert (refusing.plans, world.part("infra").applied) == ([], [])
    run(world, approval)
    ((name, why),) = approval.names
    assert (name, len(approval.plans)) == ("prod", 1)
    assert why == "Environment prod is protected, and all of its data would be deleted."


def test_the_pin_goes_too_but_not_before_everything_is_deleted(world):
    """A pin would refuse the next first deploy."""
    world.pins.set(Pin(1, ADA, "", ""))
    world.part("infra").hooks["apply"] = lambda: seen.append(world.pins.read())
    seen = []
    run(world)
    assert (seen[0].release, world.pins.read()) == (1, None)
    world.part("infra").hooks.clear()
    assert world.release("2").status == "verified"


def test_a_pin_of_an_environment_that_was_destroyed_before_goes(world):
    run(world)
    world.pins.set(Pin(1, ADA, "", ""))
    run(world)
    assert world.pins.read() is None


def test_nothing_is_left_to_delete(world):
    run(world)
    approval = Approval()
    assert run(world, approval).body["changes"] == []
    assert (approval.plans, world.ledger.numbers()) == ([], [2, 1])


def test_without_a_project_bucket_there_is_nothing_to_destroy():
    world = World()
    assert run(world).body["changes"] == []
    assert (world.aws.buckets, world.part("infra").calls) == ({}, [])


def test_a_crash_is_recovered_from_first(world):
    run(world)
    assert world.part("infra").calls.index("recover") < world.part("infra").calls.index("apply")


def test_somebody_elses_lock_is_refused(world):
    with world.context(pid=2).locked("deploy"), pytest.raises(Locked):
        run(world)
    assert world.part("infra").applied == []


def test_a_failure_is_recorded_as_failed(world):
    world.part("infra").fail("apply", aws_error("AccessDenied"))
    with pytest.raises(CloudError):
        run(world)
    newest = world.ledger.heads().newest
    assert (newest.id, newest.kind, newest.status) == (2, "destroy", "failed")
    assert newest.failed_step == "apply-infra"
    assert world.ledger.heads().released.id == 1
    assert world.ledger.heads().standing("infra") == world.ledger.read(1).parts["infra"]
    world.part("infra").hooks.clear()
    assert run(world).body["changes"]
