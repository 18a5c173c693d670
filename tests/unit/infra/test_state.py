from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import TerraformError
from resumectl.infra import state
from resumectl.infra.state import Resource, State
from tests.fakes.faults import Fault

DOCUMENT = {
    "version": 4,
    "serial": 7,
    "lineage": "abc",
    "outputs": {"site_url": {"value": "https://example.com", "type": "string"}},
    "resources": [
        {
            "mode": "data",
            "type": "aws_caller_identity",
            "name": "me",
            "instances": [{"attributes": {}}],
        },
        {
            "mode": "managed",
            "type": "aws_s3_bucket",
            "name": "site",
            "instances": [{"attributes": {"id": "b"}}],
        },
        {
            "mode": "managed",
            "type": "aws_route53_record",
            "name": "site",
            "instances": [
                {"index_key": "A", "attributes": None},
                {"index_key": 1, "status": "tainted"},
            ],
        },
        {
            "mode": "managed",
            "module": "module.x",
            "type": "aws_iam_role",
            "name": "r",
            "instances": [{}],
        },
    ],
}


KEY = "terraform/prod.tfstate"
BODY = json.dumps(DOCUMENT).encode()
PROMISED = {
    name: name
    for name in (
        *("site_url", "counter_url", "site_bucket", "distribution_id"),
        *("function_name", "function_alias", "api_id"),
    )
}


def test_a_state_is_read_from_its_key(bucket):
    bucket.write("terraform/staging.tfstate", json.dumps({**DOCUMENT, "serial": 1}).encode())
    assert state.read(bucket) is None
    bucket.write(KEY, BODY)
    found = state.read(bucket)
    assert (found.serial, found.lineage) == (7, "abc")
    assert found.outputs == {"site_url": "https://example.com"}


def test_there_is_no_state_before_there_is_a_bucket(no_bucket):
    assert state.read(no_bucket) is None


def test_an_unreadable_answer_never_means_that_there_is_no_state(faults, bucket):
    faults.add(Fault("refuse", call="get_object", code="AccessDenied"))
    with pytest.raises(ClientError):
        state.read(bucket)


def test_resources_have_addresses_as_terraform_writes_them():
    parsed = state.parse(BODY, "prod")
    assert parsed.resources == (
        Resource("aws_s3_bucket.site", "aws_s3_bucket", tainted=False, attributes={"id": "b"}),
        Resource(
            'aws_route53_record.site["A"]', "aws_route53_record", tainted=False, attributes={}
        ),
        Resource("aws_route53_record.site[1]", "aws_route53_record", tainted=True, attributes={}),
        Resource("module.x.aws_iam_role.r", "aws_iam_role", tainted=False, attributes={}),
    )
    assert parsed.find("aws_route53_record").address == 'aws_route53_record.site["A"]'
    assert parsed.find("aws_dynamodb_table") is None


@pytest.mark.parametrize("missing", [None, *PROMISED])
def test_a_state_is_complete_if_it_has_every_promised_output(missing):
    outputs = {name: value for name, value in PROMISED.items() if name != missing}
    assert State(1, "", outputs).complete is (missing is None)
    assert State(1, "", {**outputs, missing: ""}).complete is (missing is None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"serial": 1, "lineage": "x", "outputs": []}',
        b'{"serial": 1, "lineage": "x", "outputs": {"a": 5}}',
        b'{"serial": 1, "lineage": "x", "outputs": {}, "resources": [{}]}',
        BODY[:-40],
    ],
)
def test_anything_else_is_a_corrupt_state(body):
    with pytest.raises(TerraformError, match="state of prod is corrupt") as caught:
        state.parse(body, "prod")
    assert caught.value.code == "terraform.state-corrupt"
    assert "runbook" in str(caught.value.hint)


# --- earlier versions


def version_ids(bucket):
    return list(bucket.versions(KEY))


def test_the_newest_version_that_is_a_state_is_restored(bucket):
    bucket.write(KEY, json.dumps({**DOCUMENT, "serial": 6}).encode())
    bucket.write(KEY, BODY)
    (good, _) = version_ids(bucket)
    bucket.write(KEY, b"")
    bucket.write(KEY, b"{")
    bucket.write(f"{KEY}.tflock", BODY)
    with pytest.raises(TerraformError):
        state.read(bucket)
    assert state.newest_readable(bucket) == good
    assert state.restore(bucket, good).serial == 7
    assert state.read(bucket).serial == 7


def test_a_deleted_state_is_restored(bucket):
    bucket.write(KEY, BODY)
    (good,) = version_ids(bucket)
    bucket.delete(KEY)
    assert state.read(bucket) is None
    assert state.newest_readable(bucket) == good
    state.restore(bucket, good)
    assert state.read(bucket).serial == 7


def test_without_a_version_that_is_a_state_there_is_nothing_to_restore(bucket):
    assert state.newest_readable(bucket) is None
    bucket.write(KEY, b"")
    assert state.newest_readable(bucket) is None
