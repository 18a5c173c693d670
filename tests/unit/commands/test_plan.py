from __future__ import annotations

import pytest

from resumectl.commands.plan import plan
from resumectl.errors import Exit, Refused
from tests.fakes.context import World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.forget_calls()
    return world


def test_a_plan_is_what_deploy_would_do_and_does_nothing(world):
    world.write("2")
    journal = list(world.aws.journal)
    outcome = plan(world.context(), (), exit_code=False)
    assert [(row["part"], row["key"], row["action"]) for row in outcome.body["changes"]] == [
        ("infra", "aws_s3_bucket.site", "update"),
        ("function", "live", "update"),
        ("site", "index.html", "update"),
    ]
    assert [part.writes for part in world.parts] == [[], [], []]
    assert world.aws.journal == journal  # no lock either
    assert all(part.calls.count("compare") == 1 for part in world.parts)


def test_a_plan_tells_what_deploy_would_refuse_to_lose(world):
    world.write("2")
    assert plan(world.context(), (), exit_code=False).body["losses"] == []
    world.part("infra").lost = ["The table would be replaced"]
    assert plan(world.context(), (), exit_code=False).body["losses"] == world.part("infra").lost


def test_a_plan_of_some_parts(world):
    world.write("2")
    changes = plan(world.context(), ("site",), exit_code=False).body["changes"]
    assert [row["part"] for row in changes] == ["site"]


@pytest.mark.parametrize(
    ("value", "exit_code", "code"),
    [("1", True, Exit.OK), ("2", True, Exit.DIFFERENT), ("2", False, Exit.OK)],
)
def test_the_exit_code_says_whether_there_is_anything_to_do(world, value, exit_code, code):
    world.write(value)
    assert plan(world.context(), (), exit_code=exit_code).exit_code == code


def test_equal_plans_have_equal_digests(world):
    def digest():
        return plan(world.context(), (), exit_code=False).body["digest"]

    world.write("2")
    first = digest()
    assert digest() == first
    world.write("3")
    assert digest() != first


def test_before_the_first_deploy_a_plan_shows_everything():
    outcome = plan(World().context(), (), exit_code=True)
    assert {row["action"] for row in outcome.body["changes"]} == {"create"}
    with pytest.raises(Refused, match="not deployed yet"):
        plan(World().context(), ("site",), exit_code=True)
