"""docs/schemas/: valid schemas, one for each command, that match the examples and the code."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator, ValidationError

from resumectl.commands.status import stopped
from resumectl.errors import Exit, Refused, SmokeFailed
from resumectl.function.record import FunctionRecord
from resumectl.infra.record import InfraRecord
from resumectl.plan import Change, Plan, of_kind
from resumectl.release.record import Release
from resumectl.site.manifest import ReleasedObject
from resumectl.site.record import SiteRecord
from resumectl.smoke.check import Check
from resumectl.steps.drift import Drifted, describe
from resumectl.steps.look import Scene
from resumectl.steps.outcome import Outcome
from tests.commands import commands
from tests.schemas import FOLDER, schema_of, validate

SHARED = {"common.json", "release.json"}
SCHEMAS = {file.name: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}
EXAMPLES = [
    json.loads(block)
    for block in re.findall(
        r"```json\n(.*?)```", (FOLDER.parent / "json.md").read_text(), re.DOTALL
    )
]
CHANGES = (
    Change("infra", "aws_s3_bucket.site", {"bucket": "a"}, None),
    Change("function", "live", {"sha256": "a"}, {"sha256": "b"}),
    Change("site", "index.html", None, {"sha256": "b"}),
)
CHECK = Check("page", ok=True, detail="fine", seconds=0.1).as_json()
RELEASE = Release(
    id=3,
    env="prod",
    time="2026-11-22T09:12:44+00:00",
    kind="deploy",
    status="verified",
    actor={"name": "alex", "host": "laptop", "run": "https://github.com/o/r/actions/runs/1"},
    git={"revision": "a" * 40, "dirty": True},
    parts={
        "infra": InfraRecord("a" * 64, 3),
        "function": FunctionRecord("2", "b" * 64, {"memory_mb": 128}, {}, "b" * 64),
        "site": SiteRecord(
            {"index.html": ReleasedObject("c" * 64, 3, "text/html", "no-cache", "null")}
        ),
    },
    changes=Plan(CHANGES).counts(),
    smoke=(CHECK,),
    timings={"plan-infra": 1.5},
    urls={"site": "https://a/", "counter": "https://a/api/count"},
    tool="0.1.0",
)
DEPLOYED = {
    "release": RELEASE.summary(),
    "recorded": True,
    "changes": [change.as_json() for change in CHANGES],
    "urls": {},
    "timings": {},
    "checks": [CHECK],
}


def _document(command, body=None, error=None, code=Exit.OK):
    made = Outcome(body or {}, error, code).document(command, "prod")
    return json.loads(json.dumps(made))


@pytest.mark.parametrize("name", SCHEMAS)
def test_is_a_schema(name):
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_command_has_a_schema():
    names = {
        command.name.removeprefix("resumectl ").replace(" ", "-")
        for command in commands()
        if not command.is_group
    }

    assert {schema_of(f"resumectl/{name}/v1") for name in names} <= SCHEMAS.keys()


def test_every_schema_has_an_example_in_the_docs():
    assert {schema_of(example["schema"]) for example in EXAMPLES} == SCHEMAS.keys() - SHARED


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["schema"])
def test_examples_are_valid(example):
    validate(example)


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() - SHARED))
def test_every_command_may_fail(name):
    command = "local-start" if name == "local.json" else name.removesuffix(".json")

    validate(_document(command, error=Refused("No.", hint="Try.")))
    validate(_document(command, error=Refused("No.")))


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() - SHARED))
def test_success_needs_its_body(name):
    command = "local-start" if name == "local.json" else name.removesuffix(".json")

    with pytest.raises(ValidationError):
        validate(_document(command))


def test_a_deploy():
    validate(_document("deploy", DEPLOYED))
    validate(_document("deploy", {**DEPLOYED, "recorded": False, "release": None, "changes": []}))
    validate(
        _document(
            "deploy", DEPLOYED, SmokeFailed("1 of 9 checks failed: page.", hint="It answered 500.")
        )
    )


def test_an_output_is_the_one_kind_of_a_planned_change():
    output = {"part": "infra", "key": "output.site_url", "action": "update", "fields": ["value"]}
    document = _document("plan", {"changes": [{**output, "kind": "output"}], "digest": "a" * 64})

    validate(document)
    with pytest.raises(ValidationError):
        validate({**document, "changes": [{**output, "kind": "unmanaged"}]})


def test_what_a_rollback_leaves_alone_is_named_by_part():
    body = {**DEPLOYED, "target": 2, "revision": None, "not_rolled_back": ["infra", "data"]}
    del body["recorded"]

    validate(_document("rollback", body))
    with pytest.raises(ValidationError):
        validate(_document("rollback", {**body, "not_rolled_back": ["The infrastructure"]}))


def test_a_status():
    validate(_document("status", stopped("local").body))


def test_a_stored_release():
    validate(json.loads(json.dumps(RELEASE.as_json())))


def test_every_key_of_a_release_is_described():
    record = SCHEMAS["release.json"]["$defs"]["record"]["properties"]

    parts = {"infra", "function", "site"}
    assert record.keys() | parts == (set(Release.__dataclass_fields__) - {"parts"}) | parts


def test_a_drift():
    since = {("infra", "aws_lambda_function.counter"): "2026-11-22T09:10:00+00:00"}
    drifted = Drifted(Plan(), Scene(), since)
    changes = [describe(change, drifted) for change in of_kind("changed", CHANGES)]
    body = {
        "release": 3,
        "changes": changes,
        "pending": {"infra": 0, "function": None, "site": 2},
        "unchecked": {},
        "unseen": [],
        "ignored": [change.as_json() for change in of_kind("headers", CHANGES)],
        "expired_ignores": [{"key": "aws_*", "reason": "tags", "until": "2026-01-31"}],
        "reverted": False,
    }

    validate(_document("drift", body, code=Exit.DIFFERENT))
    with pytest.raises(ValidationError):
        validate(_document("drift", {**body, "changes": DEPLOYED["changes"]}))


@pytest.mark.parametrize(
    "broken",
    [
        {"surprise": 1},
        {"ok": False},
        {"exit_code": 1},
        {"exit_code": 2},
        {"schema": "resumectl/deploy/v2"},
        {"error": {"code": "x", "message": "m", "hint": None}},
        {"changes": [{"part": "site", "key": "a", "action": "rename", "fields": []}]},
        {
            "changes": [
                {
                    "part": "site",
                    "key": "a",
                    "action": "update",
                    "fields": ["x"],
                    "before": "secret",
                }
            ]
        },
        {"release": {**RELEASE.summary(), "more": 1}},
        {"release": {**RELEASE.summary(), "status": "verified", "failed_step": "upload-site"}},
        {"release": {**RELEASE.summary(), "status": "failed", "failed_step": "Upload the site"}},
        {"release": {**RELEASE.summary(), "kind": "repair"}},
        {"recorded": None},
        {"timings": {"plan-infra": -1}},
        {"timings": {"Plan the infrastructure": 1}},
    ],
    ids=str,
)
def test_what_breaks_the_contract_is_found(broken):
    with pytest.raises(ValidationError):
        validate({**_document("deploy", DEPLOYED), **broken})
