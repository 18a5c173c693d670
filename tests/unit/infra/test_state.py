from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from resumectl.errors import TerraformError
from resumectl.infra import state
from resumectl.infra.state import Resource

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


class Bucket:
    """Objects by key, as `get_object` of boto3's client gives them; `error` is what every call meets."""

    def __init__(self, objects=None, error=None):
        self._objects, self._error = objects or {}, error

    def get_object(self, Bucket, Key):
        if self._error or Key not in self._objects:
            raise ClientError({"Error": {"Code": self._error or "NoSuchKey"}}, "GetObject")
        return {
            "Body": io.BytesIO(self._objects[Key]),
            "ETag": "1",
            "LastModified": datetime.now(UTC),
            "ResponseMetadata": {"HTTPHeaders": {}},
        }


def test_a_state_is_read_from_its_key():
    found = state.read(
        Bucket({"terraform/prod.tfstate": json.dumps(DOCUMENT).encode()}), "bucket", "prod"
    )
    assert (found.serial, found.lineage, found.outputs) == (
        7,
        "abc",
        {"site_url": "https://example.com"},
    )


def test_resources_have_addresses_as_terraform_writes_them():
    found = state.parse(json.dumps(DOCUMENT).encode(), "prod")
    assert found.resources == (
        Resource("aws_s3_bucket.site", "aws_s3_bucket", tainted=False, attributes={"id": "b"}),
        Resource(
            'aws_route53_record.site["A"]', "aws_route53_record", tainted=False, attributes={}
        ),
        Resource("aws_route53_record.site[1]", "aws_route53_record", tainted=True, attributes={}),
        Resource("module.x.aws_iam_role.r", "aws_iam_role", tainted=False, attributes={}),
    )
    assert found.find("aws_route53_record").address == 'aws_route53_record.site["A"]'
    assert found.find("aws_dynamodb_table") is None


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchBucket"])
def test_only_not_found_means_absent(code):
    assert state.read(Bucket(error=code), "bucket", "prod") is None


def test_any_other_error_is_an_error():
    with pytest.raises(ClientError):
        state.read(Bucket(error="AccessDenied"), "bucket", "prod")


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
        json.dumps(DOCUMENT).encode()[:-40],
    ],
)
def test_what_is_no_state_is_said_to_be_corrupt(body):
    with pytest.raises(TerraformError, match="state of prod is corrupt") as caught:
        state.parse(body, "prod")
    assert caught.value.code == "terraform.state-corrupt"
    assert "runbook" in str(caught.value.hint)


# --- earlier versions

KEY = "terraform/prod.tfstate"


@pytest.fixture
def s3(s3_client):
    with mock_aws():
        s3_client.create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
        )
        s3_client.put_bucket_versioning(
            Bucket="bucket", VersioningConfiguration={"Status": "Enabled"}
        )
        yield s3_client


def test_the_newest_version_that_is_a_state_comes_back(s3):
    def put(key, body):
        return s3.put_object(Bucket="bucket", Key=key, Body=body)["VersionId"]

    put(KEY, json.dumps({**DOCUMENT, "serial": 6}).encode())
    good = put(KEY, json.dumps(DOCUMENT).encode())
    put(KEY, b"")
    put(KEY, b"{")
    put(f"{KEY}.tflock", json.dumps(DOCUMENT).encode())
    with pytest.raises(TerraformError):
        state.read(s3, "bucket", "prod")
    assert state.newest_readable(s3, "bucket", "prod") == good
    assert state.restore(s3, "bucket", "prod", good).serial == 7
    assert state.read(s3, "bucket", "prod").serial == 7


def test_a_deleted_state_comes_back(s3):
    good = s3.put_object(Bucket="bucket", Key=KEY, Body=json.dumps(DOCUMENT).encode())["VersionId"]
    s3.delete_object(Bucket="bucket", Key=KEY)
    assert state.read(s3, "bucket", "prod") is None
    assert state.newest_readable(s3, "bucket", "prod") == good
    state.restore(s3, "bucket", "prod", good)
    assert state.read(s3, "bucket", "prod").serial == 7


def test_no_version_is_a_state(s3):
    assert state.newest_readable(s3, "bucket", "prod") is None
    s3.put_object(Bucket="bucket", Key=KEY, Body=b"")
    assert state.newest_readable(s3, "bucket", "prod") is None
