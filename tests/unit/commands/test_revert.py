from __future__ import annotations

from datetime import date

import pytest

from resumectl.errors import CloudError, Refused, TerraformError
from resumectl.part import Unseen
from resumectl.settings import Ignore
from tests.fakes.context import BAD, Approval, World
from tests.fakes.errors import aws_error


def released(**options):
    world = World(**options)
    world.release("1")
    world.forget_calls()
    return world


@pytest.fixture
def world():
    return released()


def tamper(world, *names):
    for part in world.parts:
        if part.name in names:
            part.cloud = {**dict.fromkeys(part.cloud, "by hand"), "extra": "1"}


def test_exactly_what_drifted_is_reverted(world):
    tamper(world, "site")
    world.write("2")
    approval = Approval()
    outcome = world.revert(approval)
    assert (outcome.error, outcome.exit_code, outcome.body["reverted"]) == (None, 0, True)
    assert world.live()["site"] == {"index.html": "1"}
    assert [part.writes for part in world.parts] == [[], [], ["extra", "index.html"]]
    assert [change.part for change in approval.plans[0].changes] == ["site", "site"]
    assert len(outcome.body["changes"]) == 2


def test_a_revert_is_recorded_as_what_it_put_back(world):
    tamper(world, "site")
    assert world.revert().body["release"] == 2
    release = world.ledger.read(2)
    assert (release.kind, release.revert_of, release.status) == ("revert", 1, "verified")
    assert release.origin == 1
    assert release.parts == world.ledger.read(1).parts
    tamper(world, "site")
    world.revert()
    assert world.ledger.read(3).revert_of == 1


def test_nothing_drifted_changes_and_records_nothing(world):
    approval = Approval()
    outcome = world.revert(approval)
    assert (outcome.body["changes"], outcome.body["reverted"]) == ([], False)
    assert (approval.plans, world.ledger.numbers()) == ([], [1])


def test_what_the_settings_ignore_stays():
    world = released(ignores=(Ignore("extra", (), "mine", date(2026, 12, 1)),))
    tamper(world, "site")
    outcome = world.revert()
    assert outcome.body["reverted"] is True
    assert world.live()["site"] == {"index.html": "1", "extra": "1"}


def test_a_no_changes_nothing(world):
    tamper(world, "site")
    with pytest.raises(Refused):
        world.revert(Approval(Refused("Nothing was changed.")))
    assert world.part("site").writes == []


def test_data_loss_needs_force(world):
    tamper(world, "infra")
    world.part("infra").lost = ["The table would be replaced"]
    with pytest.raises(Refused, match="table"):
        world.revert()
    assert world.part("infra").writes == []
    assert world.revert(force=True).body["reverted"] is True


def test_what_is_needed_must_still_exist_before_anything_is_changed(world):
    tamper(world, "function", "site")
    world.part("site").fail("check", Refused("Version v1 of index.html is gone."))
    approval = Approval()
    with pytest.raises(Refused, match="is gone"):
        world.revert(approval)
    assert world.part("function").writes == []
    assert approval.plans == []


def test_a_crash_that_cannot_be_recovered_from_changes_nothing(world):
    tamper(world, "site")
    world.part("infra").fail("recover", TerraformError("The state is corrupt."))
    with pytest.raises(TerraformError):
        world.revert()
    assert world.part("site").writes == []


def test_what_is_still_different_afterwards_is_named(world):
    tamper(world, "site")
    site = world.part("site")
    site.untouched = {"index.html"}
    outcome = world.revert()
    assert (outcome.error.code, outcome.body["reverted"]) == ("not-reverted", False)
    assert outcome.error.message == "1 difference remains: index.html (value)."
    assert "cannot be reverted" in outcome.error.hint


def test_what_drifted_again_meanwhile_is_not_called_reverted(world):
    tamper(world, "site")
    site = world.part("site")
    world.checks = [(BAD,)]
    site.hooks["apply"] = lambda: site.hooks.update(live=lambda: site.cloud.update(more="1"))
    outcome = world.revert()
    assert outcome.body["reverted"] is False
    assert outcome.error.message == "1 of 1 checks failed: counter."


def test_a_failed_smoke_test_fails_the_revert(world):
    tamper(world, "site")
    world.checks = [(BAD,)]
    outcome = world.revert()
    assert (outcome.exit_code, world.ledger.heads().newest.status) == (4, "failed")
    assert world.live()["site"] == {"index.html": "1"}


def test_a_failure_is_recorded(world):
    tamper(world, "site")
    world.part("site").fail("apply", aws_error("AccessDenied"))
    with pytest.raises(CloudError):
        world.revert()
    newest = world.ledger.heads().newest
    assert (newest.kind, newest.status, newest.failed_step) == ("revert", "failed", "apply-site")


def test_the_status_of_an_untested_release_is_not_raised_without_a_test():
    world = World()
    world.deploy(only=("infra", "function"))
    tamper(world, "function")
    world.revert()
    assert world.ledger.read(2).status == "unverified"


def test_nothing_was_ever_released():
    with pytest.raises(Refused, match="not deployed yet"):
        World().revert()


def test_only_failed_deploys_leave_nothing_to_revert_to():
    world = World()
    world.checks = [(BAD,)]
    world.deploy()
    with pytest.raises(Refused, match="no release to revert to") as caught:
        world.revert()
    assert caught.value.hint == "resumectl deploy --env prod"


def test_a_look_that_failed_stops_a_revert(world):
    tamper(world, "site")
    world.part("infra").unseen = (Unseen("role policies", "iam:ListRolePolicies", "denied"),)
    with pytest.raises(CloudError, match="Could not look at: role policies"):
        world.revert()
    assert world.live()["site"]["index.html"] == "by hand"
