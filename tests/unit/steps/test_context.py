from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from resumectl.steps.progress import Silent, Steps

from resumectl.errors import CloudError, Refused
from resumectl.settings import Environment, parse
from resumectl.steps.context import Context

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PROD = Environment("prod", region="eu-west-2")
OUTPUTS = (
    "site_url",
    "counter_url",
    "site_bucket",
    "distribution_id",
    "function_name",
    "function_alias",
    "api_id",
)


def state(*outputs):
    return json.dumps(
        {"serial": 1, "lineage": "x", "outputs": {name: {"value": "x"} for name in outputs}}
    ).encode()


@dataclass
class FakeS3:
    """Objects by key, whatever the bucket; every call fails with `error` when there is one."""

    objects: dict = field(default_factory=dict)
    error: Exception | None = None

    def put_object(self, Bucket, Key, Body, **_):
        self._fail()
        self.objects[Key] = Body
        return {"ETag": "1"}

    def get_object(self, Bucket, Key):
        self._fail()
        if Key not in self.objects:
            raise refused("NoSuchKey")
        return {
            "Body": io.BytesIO(self.objects[Key]),
            "ETag": "1",
            "LastModified": datetime.now(UTC),
            "ResponseMetadata": {"HTTPHeaders": {}},
        }

    def delete_object(self, Bucket, Key, **_):
        self._fail()
        del self.objects[Key]

    def _fail(self):
        if self.error:
            raise self.error


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": "as AWS words it"}}, "PutObject")


@pytest.fixture
def s3():
    return FakeS3()


@pytest.fixture
def ctx(s3, tmp_path):
    cloud = SimpleNamespace(
        environment=PROD,
        region="eu-west-2",
        account_id="123456789012",
        endpoint=None,
        client=lambda service: s3,
    )
    return Context(parse("", tmp_path), cloud, {}, Steps(Silent()), lambda: NOW)


def test_the_bucket_is_of_the_project_the_account_and_the_region(ctx):
    assert ctx.bucket == "resume-resumectl-123456789012-eu-west-2"


def test_a_step_turns_errors_of_aws_into_ours(ctx):
    with (
        pytest.raises(CloudError, match="No response while trying to upload the site"),
        ctx.step("Upload the site"),
    ):
        raise EndpointConnectionError(endpoint_url="x")
    assert ctx.steps.failed == "Upload the site"


def test_the_lock_is_held_while_the_block_runs(ctx, s3):
    with ctx.locked("deploy"):
        assert list(s3.objects) == ["locks/prod.json"]
    assert s3.objects == {}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refused("AccessDenied"), "access-denied"),
        (EndpointConnectionError(endpoint_url="x"), "unreachable"),
    ],
)
def test_a_lock_that_cannot_be_had_is_no_bug_of_ours(ctx, s3, error, code):
    s3.error = error
    with pytest.raises(CloudError) as caught, ctx.locked("deploy"):
        pytest.fail("no lock was had")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("body", "deployed"),
    [(None, False), (state(), False), (state("site_bucket"), False), (state(*OUTPUTS), True)],
)
def test_what_needs_a_deployed_environment_says_so(ctx, s3, body, deployed):
    if body:
        s3.objects["terraform/prod.tfstate"] = body
    if deployed:
        assert ctx.deployed_state().outputs["site_bucket"] == "x"
        return
    with pytest.raises(Refused, match="Environment prod is not deployed yet") as caught:
        ctx.deployed_state()
    assert caught.value.hint == "resumectl deploy --env prod"
