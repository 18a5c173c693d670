from __future__ import annotations

import pytest

from resumectl.commands.drift import drift
from resumectl.errors import Exit, Refused, TerraformError
from resumectl.part import Unseen
from tests.fakes.context import World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.forget_calls()
    return world


def test_no_drift(world):
    outcome = drift(world.context())
    assert (outcome.exit_code, outcome.body["changes"]) == (Exit.OK, [])
    assert outcome.body["reverted"] is False


def test_what_drifted_is_reported_and_left_alone(world):
    world.part("function").cloud = {"live": "by hand"}
    world.write("2")
    journal = list(world.aws.journal)
    outcome = drift(world.context())
    (change,) = outcome.body["changes"]
    assert (outcome.exit_code, outcome.body["release"]) == (Exit.DIFFERENT, 1)
    assert (change["key"], change["values"]) == ("live", {"value": {"from": "1", "to": "by hand"}})
    assert outcome.body["pending"] == {"infra": 1, "function": 1, "site": 1}
    assert world.live()["function"] == {"live": "by hand"}
    assert world.aws.journal == journal
    assert "compare" not in world.part("function").calls


def test_a_part_that_cannot_be_compared_fails_the_command(world):
    world.part("infra").fail("drift", TerraformError("Terraform is not installed."))
    with pytest.raises(TerraformError):
        drift(world.context())


def test_an_environment_that_was_never_deployed_is_refused():
    with pytest.raises(Refused, match="not deployed yet"):
        drift(World().context())


UNSEEN = Unseen("role policies", "iam:ListRolePolicies", "denied")


def test_a_look_that_failed_does_not_read_as_no_drift(world):
    world.part("infra").unseen = (UNSEEN,)
    outcome = drift(world.context())
    assert outcome.exit_code == Exit.FAILED
    assert outcome.error.code == "unseen"
    assert outcome.error.message == (
        "Could not look at: role policies (iam:ListRolePolicies denied)."
    )
    assert outcome.body["changes"] == []


def test_a_difference_counts_more_than_a_look_that_failed(world):
    world.part("function").cloud = {"live": "by hand"}
    world.part("infra").unseen = (UNSEEN,)
    outcome = drift(world.context())
    assert (outcome.exit_code, outcome.error) == (Exit.DIFFERENT, None)
    assert outcome.body["unseen"] == [
        {
            "part": "infra",
            "what": "role policies",
            "action": "iam:ListRolePolicies",
            "why": "denied",
        }
    ]
