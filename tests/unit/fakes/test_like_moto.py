"""The fake AWS answers as moto does, call for call, except where moto is not like AWS."""

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws

from tests.fakes.aws.world import Aws
from tests.fakes.likeness.comparison import differences
from tests.fakes.likeness.functions import functions
from tests.fakes.likeness.s3 import S3_SEQUENCES
from tests.fakes.likeness.services import SERVICES
from tests.fakes.machine import Machine

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
ACCOUNT, REGION = "123456789012", "eu-west-2"
MOTO_DIFFERS = {
    "buckets": (
        "new buckets block",
        "new buckets encrypt",
        "new buckets own",
        "a public policy",
    ),
    "conditions": (
        *("delete one that is not that", "delete one that is that", "delete it again"),
        "delete the deleted",
    ),
    "copies": (
        *("onto what is there", "onto what is not that", "onto nothing"),
        "it was not changed",
    ),
    "versions": ("read the marker", "delete the marker", "delete quietly"),
    "owners": (
        *("read another's", "write another's", "list another's", "versioning of another's"),
        *("delete another's", "it was not changed"),
    ),
    "functions": ("alias again", "publish a fourth"),
}
"""Steps at which moto is not like AWS. By AWS's documentation, new buckets are private and
encrypted, reading a delete marker is 405 MethodNotAllowed, deleting one says so, a quiet
deletion lists nothing, a copy and a bulk deletion have conditions, ExpectedBucketOwner is
enforced, an alias that exists is a ResourceConflictException, and the numbers of deleted
versions are not given out again."""


@pytest.fixture
def moto():
    """boto3 clients answered by moto."""
    with mock_aws():
        yield lambda service: boto3.client(service, region_name=REGION, **KEYS)


@pytest.fixture
def fake():
    """boto3 clients answered by the fake AWS."""
    return Machine().start(Aws(), ACCOUNT, REGION).client


@pytest.mark.parametrize("name", S3_SEQUENCES)
def test_s3_answers_as_moto_does(moto, fake, name):
    steps = S3_SEQUENCES[name]
    assert differences(fake("s3"), moto("s3"), steps, MOTO_DIFFERS.get(name, ())) == []


def test_lambda_answers_as_moto_does(moto, fake):
    role = moto("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({}))
    steps = functions(role["Role"]["Arn"])
    known = MOTO_DIFFERS["functions"]
    assert differences(fake("lambda"), moto("lambda"), steps, known) == []


# moto needs more packages for API Gateway than it is worth here: MiniStack has it, too.
@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"apigatewayv2"}))
def test_other_services_answer_as_moto_does(moto, fake, name):
    steps, known = SERVICES[name], MOTO_DIFFERS.get(name, ())
    assert differences(fake(name), moto(name), steps, known) == []
