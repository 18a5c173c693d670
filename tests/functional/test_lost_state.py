"""Terraform's state lost resources: `state rm`, an older state object. What is released stays."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands import drift
from resumectl.errors import Refused
from resumectl.settings import FILE
from tests.functional.world import PROJECT, World, name, state

if TYPE_CHECKING:
    from pathlib import Path

ALIAS, LOGS, TABLE = (
    "aws_lambda_alias.live",
    "aws_cloudwatch_log_group.counter",
    "aws_dynamodb_table.counter",
)
FUNCTION = "aws_lambda_function.counter"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project that is deployed."""
    made = World(tmp_path / "project")
    made.deploy()
    return made


def lose(world: World, *addresses: str) -> None:
    """`terraform state rm`."""
    document = json.loads(world.bucket.find(state()).body or b"")
    kept = [r for r in document["resources"] if f"{r['type']}.{r['name']}" not in addresses]
    body = json.dumps({**document, "serial": document["serial"] + 1, "resources": kept})
    world.client("s3").put_object(Bucket=PROJECT, Key=state(), Body=body.encode())


def drifted(world: World) -> dict[str, Any]:
    with world.working() as ctx:
        return dict(drift.drift(ctx).body)


def aliases(world: World) -> set[str]:
    return {*world.function().aliases}


def test_what_is_released_is_not_undeclared(world: World) -> None:
    lose(world, ALIAS)
    (change,) = drifted(world)["changes"]
    assert (change["key"], change["kind"]) == ("terraform.state", "state")
    assert change["values"]["lacks"]["to"] == [ALIAS]


def test_a_revert_keeps_what_is_released_and_removes_what_is_not(world: World) -> None:
    """In one run, although both look undeclared to the state."""
    world.client("lambda").create_alias(FunctionName=name(), Name="canary", FunctionVersion="1")
    lose(world, ALIAS, LOGS)
    assert {each["key"] for each in drifted(world)["changes"]} == {
        "terraform.state",
        "alias canary",
    }
    fixed = world.fix()
    assert (fixed.error, fixed.body["reverted"]) == (None, True)
    assert aliases(world) == {"live"}
    assert drifted(world)["changes"] == []
    assert world.deploy().body["recorded"] is False


def test_an_older_state_is_brought_up_to_date(world: World) -> None:
    """One of an interrupted first deploy: it has the outputs, and a few resources."""
    lose(world, ALIAS, FUNCTION, LOGS, TABLE)
    fixed = world.fix()
    assert (fixed.error, fixed.body["reverted"]) == (None, True)
    assert drifted(world)["changes"] == []
    assert aliases(world) == {"live"}


def test_what_aws_lost_too_is_deleted_and_made_again(world: World) -> None:
    lose(world, ALIAS)
    world.client("lambda").delete_alias(FunctionName=name(), Name="live")
    kinds = {each["key"]: each["kind"] for each in drifted(world)["changes"]}
    assert kinds == {"terraform.state": "state", ALIAS: "deleted"}
    assert world.fix().error is None
    assert aliases(world) == {"live"}
    assert drifted(world)["changes"] == []


# --- beside what the settings ignore


def ignoring(world: World, key: str) -> None:
    """Ignore a resource's drift."""
    until = date(2099, 1, 1).isoformat()
    with (world.root / FILE).open("a") as settings:
        settings.write(f'\n[[drift.ignore]]\nkey = "{key}"\nreason = "mine"\nuntil = {until}\n')


def retain(world: World, days: int) -> None:
    group = f"/aws/lambda/{name()}"
    world.client("logs").put_retention_policy(logGroupName=group, retentionInDays=days)


def retention(world: World) -> Any:
    (group,) = world.client("logs").describe_log_groups()["logGroups"]
    return group["retentionInDays"]


def test_a_lost_resource_is_imported_and_an_ignored_difference_stays(world: World) -> None:
    ignoring(world, LOGS)
    retain(world, 3)
    lose(world, TABLE)
    fixed = world.fix()
    assert (fixed.error, fixed.body["reverted"]) == (None, True)
    assert [each["key"] for each in fixed.body["ignored"]] == [LOGS]
    assert retention(world) == 3
    assert drifted(world)["changes"] == []


def test_with_nothing_to_revert_in_terraform_an_ignored_difference_stays(world: World) -> None:
    ignoring(world, LOGS)
    retain(world, 3)
    world.client("lambda").create_alias(FunctionName=name(), Name="canary", FunctionVersion="1")
    assert world.fix().error is None
    assert (retention(world), aliases(world)) == (3, {"live"})


def test_a_revert_that_needs_an_ignored_resource_is_refused(world: World) -> None:
    """Terraform's targets include what they refer to."""
    ignoring(world, LOGS)
    retain(world, 3)
    world.client("lambda").update_function_configuration(FunctionName=name(), MemorySize=999)
    with pytest.raises(Refused, match=rf"would also change {LOGS}") as caught:
        world.fix()
    assert "[[drift.ignore]]" in (caught.value.hint or "")
    assert (retention(world), world.function().settings["MemorySize"]) == (3, 999)
