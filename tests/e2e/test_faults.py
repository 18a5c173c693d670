"""A project in bad weather: its resumectl is killed but not its Terraform, its state is lost, AWS breaks off.

The tests follow one another: each finds what the one before left.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import CloudError, Exit
from tests.e2e.killing import kill_when, made_in
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
    """A project whose first deploy was killed in the middle of an apply, which goes on without it."""
    project = new_project()
    project.resumectl("local", "start")
    logs = project.root / ".resumectl/env/local/run"
    kill_when(
        project,
        lambda: any(made_in(log) for log in logs.glob("*/terraform.log")),
        "deploy",
        "--yes",
    )
    return project


def state(project: Project) -> dict[str, Any]:
    """Terraform's state."""
    found: dict[str, Any] = json.loads(
        project.client("s3").get_object(Bucket=BUCKET, Key=STATE)["Body"].read()
    )
    return found


def test_terraform_goes_on_without_resumectl_and_the_next_deploy_waits_for_it(
    survivor: Project,
) -> None:
    done = survivor.resumectl("deploy", "--yes", "--json")
    assert done.code == Exit.OK, done
    assert "Waiting for Terraform of an interrupted run." in done.err
    assert "taking" not in done.err  # it saved what it made
    assert not [change for change in done.json["changes"] if change["part"] == "infra"]
    assert (done.json["release"]["id"], done.json["release"]["status"]) == (1, "verified")


# --- the state


def test_a_state_that_is_gone_is_brought_back_also_by_a_rollback(survivor: Project) -> None:
    before = state(survivor)
    survivor.client("s3").delete_object(Bucket=BUCKET, Key=STATE)
    done = survivor.resumectl("rollback", "1", "--yes", "--json")
    assert done.code == Exit.OK, done
    assert "The Terraform state was gone: brought back its newest good version" in done.err
    assert state(survivor) == before
    assert survivor.resumectl("unpin").code == Exit.OK


def test_a_lock_that_nothing_proves_to_be_ours_is_left_to_its_owner(survivor: Project) -> None:
    lock = {
        "ID": "1",
        "Operation": "OperationTypeApply",
        "Who": "alex@laptop",
        "Created": "2026-11-22T10:00:00Z",
    }
    survivor.client("s3").put_object(
        Bucket=BUCKET, Key=f"{STATE}.tflock", Body=json.dumps(lock).encode()
    )
    done = survivor.resumectl("deploy", "--yes", "--json")
    assert done.code == Exit.LOCKED
    assert "alex@laptop" in done.json["error"]["message"]
    assert done.json["error"]["hint"].endswith("resumectl unlock --env local")
    assert survivor.resumectl("unlock", "--yes").code == Exit.OK


def test_a_broken_state_an_unsaved_one_and_a_tainted_table_are_mended_at_once(
    survivor: Project,
) -> None:
    """What Terraform could not save is newer, and says that making the table was interrupted; it holds a count."""
    survivor.client("dynamodb").put_item(TableName=TABLE, Item=ITEM)
    found = state(survivor)
    survivor.client("s3").put_object(
        Bucket=BUCKET, Key=STATE, Body=json.dumps(found).encode()[:2000]
    )
    for block in found["resources"]:
        if block["type"] == "aws_dynamodb_table":
            block["instances"][0]["status"] = "tainted"
    unsaved = survivor.write(
        "terraform/errored.tfstate", json.dumps({**found, "serial": found["serial"] + 1})
    )

    assert "brings back" in survivor.resumectl("drift", "--json").json["error"]["hint"]
    done = survivor.resumectl("deploy", "--yes", "--json")
    assert done.code == Exit.OK, done
    assert "The Terraform state was broken: brought back its newest good version" in done.err
    assert "Saved the state that an interrupted run could not save" in done.err
    assert "Keeping aws_dynamodb_table.counter" in done.err
    assert not [change for change in done.json["changes"] if change["part"] == "infra"]
    assert not unsaved.exists()
    assert (
        survivor.client("dynamodb").get_item(TableName=TABLE, Key={"page": ITEM["page"]})["Item"]
        == ITEM
    )


def test_then_nothing_has_drifted(survivor: Project) -> None:
    done = survivor.resumectl("drift", "--json")
    assert done.code == Exit.OK, done


# --- faults of AWS, while function and site are deployed


@pytest.fixture(scope="module")
def proxy(survivor: Project) -> Iterator[Weather]:
    with weather(survivor) as found:
        yield found


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
    """A file that is another one now, a new one, and another function."""
    for name in ("robots", word.replace(" ", "-")):
        project.write(f"frontend/{name}.txt", f"# {word}\n")
    source = (project.root / "lambda_src/counter.py").read_text().split("\n# ")[0]
    project.write("lambda_src/counter.py", f"{source}\n# {word}\n")


def whole(project: Project, word: str) -> None:
    releases = project.resumectl("history", "-n", "99", "--json").json["releases"]
    ended = [found for found in releases if found["status"] != "failed"]
    assert releases[0]["status"] == "verified"
    assert word in ask(f"{releases[0]['urls']['site']}robots.txt").body.decode()
    listed = project.client("lambda").list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    assert {found["Version"] for found in listed} - {"$LATEST"} == {
        found["function"]["version"] for found in ended
    }
    assert "Contents" not in project.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="locks/")


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_waited_out(survivor: Project, proxy: Weather, fault: str) -> None:
    write(survivor, fault)
    proxy.turn(*PASSING[fault])
    assert proxy.deploy().error is None
    assert proxy.fired() == sum(rule["times"] for rule in PASSING[fault])
    whole(survivor, fault)


def test_an_answer_that_breaks_off_is_named_or_asked_for_again(
    survivor: Project, proxy: Weather
) -> None:
    """boto3 tries a request again, but not one whose answer began well."""
    write(survivor, "an answer that breaks off")
    for operation in (
        "GetObject",
        "ListObjectsV2",
        "ListObjectVersions",
        "GetFunctionConfiguration",
        "GetAlias",
    ):
        proxy.turn(rule("*", operation, times=1, response={"abort_frac": 0.5}))
        with suppress(CloudError):
            proxy.deploy()
        assert proxy.fired() == 1, operation
    proxy.turn()
    assert proxy.deploy().error is None
    whole(survivor, "an answer that breaks off")


@pytest.mark.parametrize("code", LASTING)
def test_a_fault_that_lasts_is_named_and_the_next_deploy_ends_it(
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
