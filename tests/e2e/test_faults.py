"""Faults: resumectl is killed while Terraform goes on, the state is lost or broken, AWS fails.

The tests run in order: each continues where the one before stopped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import CloudError, Exit
from tests.e2e.account import Account
from tests.e2e.killing import created_in, kill_when
from tests.e2e.project import ask
from tests.e2e.weather import weather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.project import Project
    from tests.e2e.weather import Weather

BUCKET, STATE = "resume-resumectl-000000000000-us-east-1", "terraform/local.tfstate"
TABLE, FUNCTION = "resume-local-counter", "resume-local-counter"
ITEM = {"page": {"S": "/"}, "count": {"N": "41"}}


@pytest.fixture(scope="module")
def survivor(new_project: Callable[[], Project]) -> Project:
    """A project whose first deploy was killed during an apply, which goes on without it."""
    project = new_project()
    project.resumectl("local", "start")
    logs = project.root / ".resumectl/env/local/run"
    kill_when(
        project,
        lambda: any(created_in(log) for log in logs.glob("*/terraform.log")),
        "deploy",
        "--yes",
    )
    return project


def state(project: Project) -> dict[str, Any]:
    """Terraform's state."""
    body = project.client("s3").get_object(Bucket=BUCKET, Key=STATE)["Body"]
    return dict(json.loads(body.read()))


def test_the_next_deploy_waits_for_a_terraform_that_outlived_its_resumectl(
    survivor: Project,
) -> None:
    deployed = survivor.resumectl("deploy", "--yes", "--json")
    assert deployed.code == Exit.OK, deployed
    assert "Waiting for Terraform" in deployed.err
    changed = {change["part"] for change in deployed.json["changes"]}
    assert "infra" not in changed, "Terraform finished and saved its state"
    release = deployed.json["release"]
    assert (release["id"], release["status"]) == (2, "verified")
    assert "was interrupted: recorded as #1" in deployed.err


def test_a_rollback_restores_a_deleted_state(survivor: Project) -> None:
    before = state(survivor)
    survivor.client("s3").delete_object(Bucket=BUCKET, Key=STATE)
    restored = survivor.resumectl("rollback", "2", "--yes", "--json")
    assert restored.code == Exit.OK, restored
    assert f"serial {before['serial']}" in restored.err
    assert state(survivor) == before
    assert survivor.resumectl("unpin").code == Exit.OK


def test_a_state_lock_of_somebody_else_is_left_to_its_owner(survivor: Project) -> None:
    lock = {
        "ID": "1",
        "Operation": "OperationTypeApply",
        "Who": "alex@laptop",
        "Created": "2026-11-22T10:00:00Z",
    }
    body = json.dumps(lock).encode()
    survivor.client("s3").put_object(Bucket=BUCKET, Key=f"{STATE}.tflock", Body=body)
    refused = survivor.resumectl("deploy", "--yes", "--json")
    assert refused.code == Exit.LOCKED
    assert "alex@laptop" in refused.json["error"]["message"]
    assert refused.json["error"]["hint"].endswith("resumectl unlock --env local")
    assert survivor.resumectl("unlock", "--yes").code == Exit.OK


def test_one_deploy_recovers_a_broken_state_an_unsaved_one_and_a_tainted_table(
    survivor: Project,
) -> None:
    """The unsaved state is newer and has the table tainted, which holds a count."""
    survivor.client("dynamodb").put_item(TableName=TABLE, Item=ITEM)
    before = state(survivor)
    broken = json.dumps(before).encode()[:2000]
    survivor.client("s3").put_object(Bucket=BUCKET, Key=STATE, Body=broken)
    for block in before["resources"]:
        if block["type"] == "aws_dynamodb_table":
            block["instances"][0]["status"] = "tainted"
    newer = json.dumps({**before, "serial": before["serial"] + 1})
    unsaved = survivor.write(".resumectl/env/local/module/errored.tfstate", newer)

    assert survivor.resumectl("drift", "--json").json["error"]["hint"]
    deployed = survivor.resumectl("deploy", "--yes", "--json")
    assert deployed.code == Exit.OK, deployed
    assert "aws_dynamodb_table.counter" in deployed.err
    assert "infra" not in {change["part"] for change in deployed.json["changes"]}
    assert not unsaved.exists()
    after = state(survivor)
    assert after["serial"] > before["serial"], "the unsaved state was pushed"
    assert "tainted" not in json.dumps(after)
    key = {"page": ITEM["page"]}
    assert survivor.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"] == ITEM
    recorded = Account(survivor.client).release()["infra"]["serial"]
    assert recorded == after["serial"], "drift reports any other state"


@pytest.fixture(scope="module")
def proxy(survivor: Project) -> Iterator[Weather]:
    with weather(survivor) as running:
        yield running


def rule(service: str, operation: str, **more: Any) -> dict[str, Any]:
    return {"service": service, "operation": operation, **more}


PASSING = {
    "throttling": (
        rule("s3", "PutObject", times=2, error={"code": "SlowDown", "status": 503}),
        rule("lambda", "UpdateFunctionCode", times=2, error={"code": "TooManyRequestsException"}),
        rule("cloudfront", "CreateInvalidation", times=1, error={"code": "Throttling"}),
    ),
    "errors of its own": (
        rule("s3", "ListObjectVersions", times=1, error={"code": "InternalError", "status": 500}),
        rule("lambda", "Invoke", times=1, error={"code": "ServiceException", "status": 500}),
    ),
    "broken connections": (
        rule("s3", "PutObject", resource="-site-", times=1, reset=True),
        rule(
            "s3",
            "PutObject",
            resource="-site-",
            times=1,
            request={"cut_upload": {"after_bytes": 5}},
        ),
    ),
    "lost answers": (
        rule("s3", "PutObject", times=3, response={"abort_frac": 0.1}),
        rule("lambda", "PublishVersion", times=1, response={"abort_frac": 0.1}),
        rule("lambda", "UpdateAlias", times=1, response={"abort_frac": 0.1}),
    ),
}
LASTING = {
    "credentials": rule(
        "lambda", "PublishVersion", error={"code": "ExpiredTokenException", "status": 403}
    ),
    "aws.SlowDown": rule(
        "s3", "PutObject", resource="-site-", error={"code": "SlowDown", "status": 503}
    ),
    "unreachable": rule("cloudfront", "CreateInvalidation", reset=True),
}


def write(project: Project, word: str) -> None:
    """Change a file and the function, add a file."""
    for name in ("robots", word.replace(" ", "-")):
        project.write(f"frontend/{name}.txt", f"# {word}\n")
    source = (project.root / "lambda_src/counter.py").read_text().split("\n# ")[0]
    project.write("lambda_src/counter.py", f"{source}\n# {word}\n")


def whole(project: Project, word: str) -> None:
    """Everything is live and recorded, and nothing is left of a failed attempt."""
    releases = project.resumectl("history", "-n", "99", "--json").json["releases"]
    complete = [release for release in releases if release["status"] != "failed"]
    assert releases[0]["status"] == "verified"
    assert word in ask(f"{releases[0]['urls']['site']}robots.txt").body.decode()
    listed = project.client("lambda").list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    published = {version["Version"] for version in listed} - {"$LATEST"}
    assert published == {release["function"]["version"] for release in complete}
    assert "Contents" not in project.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="locks/")


@pytest.mark.parametrize("fault", PASSING)
def test_a_deploy_outlasts_a_fault_that_passes(
    survivor: Project, proxy: Weather, fault: str
) -> None:
    write(survivor, fault)
    proxy.turn(*PASSING[fault])
    assert proxy.deploy().error is None
    assert proxy.fired() == sum(rule["times"] for rule in PASSING[fault])
    whole(survivor, fault)


def test_a_truncated_response_is_requested_again(survivor: Project, proxy: Weather) -> None:
    """boto3 does not retry a request whose response has begun."""
    write(survivor, "an answer that breaks off")
    for operation in (
        "GetObject",
        "ListObjectsV2",
        "ListObjectVersions",
        "GetFunctionConfiguration",
        "GetAlias",
    ):
        proxy.turn(rule("*", operation, times=1, response={"abort_frac": 0.5}))
        assert proxy.deploy().error is None
        assert proxy.fired() == 1, operation
    proxy.turn()
    assert proxy.deploy().error is None
    whole(survivor, "an answer that breaks off")


@pytest.mark.parametrize("code", LASTING)
def test_a_fault_that_lasts_is_named_and_the_next_deploy_completes(
    survivor: Project, proxy: Weather, code: str
) -> None:
    write(survivor, code)
    proxy.turn(LASTING[code])
    with pytest.raises(CloudError) as caught:
        proxy.deploy()
    assert (caught.value.code, caught.value.exit_code) == (code, Exit.FAILED)
    proxy.turn()
    assert proxy.deploy().error is None
    whole(survivor, code)
