"""The fake Terraform plans, applies, locks and refreshes as the real one does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from resumectl.errors import TerraformError
from resumectl.infra import snapshot
from resumectl.infra.runner import Watch
from resumectl.infra.state import EMPTY
from tests.fakes.terraform.configuration import (
    ALIAS,
    BUCKET,
    FUNCTION,
    LOGS,
    NEEDS,
    ROLE,
    TABLE,
    USUAL,
    VERSIONING,
)
from tests.unit.fakes.repository import (
    ACCOUNT,
    LOCK,
    NAME,
    PROJECT,
    REGION,
    STATE,
    apply,
    keys,
    lock,
    planned,
    state,
)

# --- plans


def test_after_an_apply_a_plan_is_empty(repository, s3):
    runner = repository.runner()
    apply(runner, repository.variables)
    assert not runner.plan(repository.variables, "apply", Watch())
    assert {row.address for row in state(s3).resources} == {*USUAL}


def test_the_state_is_one_that_resumectl_reads(repository, s3):
    apply(repository.runner(), repository.variables)
    assert state(s3).complete
    assert state(s3).outputs["function_name"] == NAME
    document = json.loads(s3.get_object(Bucket=PROJECT, Key=STATE)["Body"].read())
    assert (document["version"], len(document["lineage"])) == (4, 36)


def test_a_first_plan_creates_everything_and_knows_no_ids(repository):
    runner = repository.runner()
    assert planned(runner, repository.variables) == {address: ["create"] for address in USUAL}
    rows = {row["address"]: row["change"] for row in runner.show()["resource_changes"]}
    assert rows[BUCKET]["before"] is None
    assert rows[BUCKET]["after"]["bucket"] == f"resume-prod-site-{ACCOUNT}"
    assert rows[BUCKET]["after_unknown"]["arn"]
    assert rows[VERSIONING]["after_unknown"]["bucket"]


def test_a_changed_setting_is_an_update_of_its_resource_alone(repository):
    runner = repository.runner()
    apply(runner, repository.variables)
    repository.write("memory_size = 256\n")
    plan = planned(runner, repository.variables)
    assert {address for address in plan if plan[address] != ["no-op"]} == {FUNCTION}
    live, wanted = snapshot.changes(runner.show())
    assert (live[FUNCTION]["memory_size"], wanted[FUNCTION]["memory_size"]) == (128, 256)


@pytest.mark.parametrize(
    ("text", "address", "attribute", "value"),
    [
        ("timeout = 9\n", FUNCTION, "timeout", 9),
        ("retention_in_days = 7\n", LOGS, "retention_in_days", 7),
        ('GREETING = "hello"\n', FUNCTION, "environment", None),
        ("deletion_protection_enabled = true\n", TABLE, "deletion_protection_enabled", True),
    ],
)
def test_what_the_module_says_is_configured(repository, process, text, address, attribute, value):
    repository.write(text)
    apply(repository.runner(), repository.variables)
    (row,) = [row for row in state(process.client("s3")).resources if row.address == address]
    expected = value or [{"variables": {"TABLE_NAME": NAME, "GREETING": "hello"}}]
    assert row.attributes[attribute] == expected


def test_a_module_that_declares_resources_has_only_those(repository):
    repository.write('resource "aws_dynamodb_table" "counter" {\n  name = "counts"\n}\n')
    runner = repository.runner()
    assert planned(runner, repository.variables) == {TABLE: ["create"]}
    ((row),) = runner.show()["resource_changes"]
    assert row["change"]["after"]["name"] == "counts"


def test_a_removed_resource_is_deleted(repository, process):
    apply(repository.runner(), repository.variables)
    kept = "".join(
        f'resource "{address.replace(".", chr(34) + " " + chr(34))}" {{\n}}\n'
        for address in USUAL
        if address != TABLE
    )
    repository.write(kept)
    runner = repository.runner()
    plan = planned(runner, repository.variables)
    assert plan[TABLE] == ["delete"]
    runner.apply(Watch())
    assert process.aws.service(ACCOUNT, REGION, "dynamodb").tables == {}


def test_a_module_that_is_not_hcl_is_refused(repository):
    repository.write('resource "aws_s3_bucket" "site" {\n')
    with pytest.raises(TerraformError, match="Unclosed configuration block"):
        repository.runner().plan(repository.variables, "apply", Watch())


def test_targets_take_along_what_they_need_and_nothing_else(repository, s3):
    apply(repository.runner(), repository.variables, targets=[ALIAS])
    assert {row.address for row in state(s3).resources} == {LOGS, TABLE, ROLE, FUNCTION, ALIAS}


def test_a_rename_replaces_the_resource(repository, process):
    apply(repository.runner(), repository.variables)
    repository.write('resource "aws_dynamodb_table" "counter" {\n  name = "counts"\n}\n')
    runner = repository.runner()
    assert planned(runner, repository.variables, targets=[TABLE]) == {TABLE: ["delete", "create"]}
    runner.apply(Watch())
    assert list(process.aws.service(ACCOUNT, REGION, "dynamodb").tables) == ["counts"]


def test_destroy_leaves_nothing(repository, process, s3):
    apply(repository.runner(), repository.variables)
    site = state(s3).outputs["site_bucket"]
    s3.put_object(Bucket=site, Key="index.html", Body=b"x")
    runner = repository.runner()
    assert runner.plan(repository.variables, "destroy", Watch())
    runner.apply(Watch())
    assert state(s3) == EMPTY.__class__(state(s3).serial, state(s3).lineage, {})
    assert site not in process.aws.buckets


# --- drift


def test_refresh_only_shows_what_others_changed(repository, process):
    runner = repository.runner()
    apply(runner, repository.variables)
    assert not runner.plan(repository.variables, "refresh-only", Watch())
    process.client("lambda").update_function_configuration(FunctionName=NAME, MemorySize=512)
    process.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{NAME}")
    assert runner.plan(repository.variables, "refresh-only", Watch())
    recorded, live = snapshot.drift(runner.show())
    assert (recorded[FUNCTION]["memory_size"], live[FUNCTION]["memory_size"]) == (128, 512)
    assert (LOGS in recorded, LOGS in live) == (True, False)


def test_a_plan_puts_back_what_others_changed(repository, process):
    runner = repository.runner()
    apply(runner, repository.variables)
    process.client("lambda").update_function_configuration(FunctionName=NAME, MemorySize=512)
    process.client("logs").delete_log_group(logGroupName=f"/aws/lambda/{NAME}")
    plan = planned(runner, repository.variables)
    assert (plan[FUNCTION], plan[LOGS]) == (["update"], ["create"])
    runner.apply(Watch())
    assert not runner.plan(repository.variables, "apply", Watch())


def test_published_code_is_no_change_of_the_infrastructure(repository, process):
    runner = repository.runner()
    apply(runner, repository.variables)
    client = process.client("lambda")
    client.update_function_code(FunctionName=NAME, ZipFile=b"other")
    client.publish_version(FunctionName=NAME)
    client.update_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
    assert not runner.plan(repository.variables, "apply", Watch())


# --- locks and stale plans


def test_an_apply_holds_the_lock_and_gives_it_back(repository, s3):
    runner, held = repository.runner(), []
    runner.plan(repository.variables, "apply", Watch())
    runner.apply(Watch(lambda event: held.append(lock(s3))))
    assert held[0]["Who"] == "alex@laptop"
    assert LOCK not in keys(s3)


def test_a_plan_takes_no_lock_and_an_apply_waits_for_none(repository, s3):
    info = {"ID": "1", "Who": "kim@elsewhere", "Created": "2026-11-27T10:00:00Z"}
    s3.put_object(Bucket=PROJECT, Key=LOCK, Body=json.dumps(info).encode())
    runner = repository.runner()
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(TerraformError, match=r"state lock: .*kim@elsewhere"):
        runner.apply(Watch())
    assert keys(s3) == [LOCK]


def test_the_time_of_a_lock_is_the_clock_of_its_machine(repository, s3, aws, machine):
    ahead = machine.__class__(host="desktop", clock=aws.clock, skew=3600.0)
    runner = repository.runner(ahead.start(aws, ACCOUNT, REGION))
    created = []
    runner.plan(repository.variables, "apply", Watch())
    runner.apply(Watch(lambda event: created.append(lock(s3)["Created"])))
    assert created[0].startswith("2026-11-27T11:00:00")


def test_a_plan_that_went_stale_is_refused(repository, s3):
    first, second = repository.runner(), repository.runner()
    first.plan(repository.variables, "apply", Watch())
    first.apply(Watch())
    repository.write("memory_size = 256\n")
    second.plan(repository.variables, "apply", Watch())
    document = json.loads(s3.get_object(Bucket=PROJECT, Key=STATE)["Body"].read())
    s3.put_object(Bucket=PROJECT, Key=STATE, Body=json.dumps({**document, "serial": 99}).encode())
    with pytest.raises(TerraformError, match="stale"):
        second.apply(Watch())
    assert LOCK not in keys(s3)


def test_a_corrupt_state_stops_a_plan(repository, s3):
    s3.put_object(Bucket=PROJECT, Key=STATE, Body=b"{")
    with pytest.raises(TerraformError, match="Unsupported state file"):
        repository.runner().plan(repository.variables, "apply", Watch())


def test_a_deleted_state_is_a_plan_to_create_everything(repository, s3):
    apply(repository.runner(), repository.variables)
    s3.delete_object(Bucket=PROJECT, Key=STATE)
    assert set(map(tuple, planned(repository.runner(), repository.variables).values())) == {
        ("create",)
    }


def test_the_projects_own_module_is_understood(repository, s3):
    """Of its resources those that the fake knows; attributes of nested blocks are not theirs."""
    shutil.rmtree(repository.root / "terraform")
    own = Path(__file__).parents[3] / "terraform"
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*")
    shutil.copytree(own, repository.root / "terraform", ignore=ignored)
    apply(repository.runner(), repository.variables)
    resources = {row.address: row.attributes for row in state(s3).resources}
    assert resources.keys() == {*NEEDS}
    assert resources[TABLE]["name"] == resources[FUNCTION]["function_name"] == NAME
    assert state(s3).complete
