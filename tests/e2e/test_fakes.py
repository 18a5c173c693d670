"""The fake AWS answers as MiniStack does, call for call, except where MiniStack is not like AWS."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from resumectl.local.emulator import Emulator
from tests.fakes import likeness
from tests.fakes.aws.world import Aws
from tests.fakes.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT, REGION = "000000000000", "eu-west-2"
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
MINISTACK_DIFFERS: dict[str, tuple[str, ...]] = {
    "unversioned": ("read",),
    "versions": ("an old version",),
    "owners": (
        *("read another's", "write another's", "list another's", "versioning of another's"),
        *("delete another's", "it was not changed"),
    ),
    "copies": ("with other headers", "its headers", "onto itself"),
}
"""Steps at which MiniStack is not like AWS. By AWS's documentation the default content type is
binary/octet-stream, ExpectedBucketOwner is enforced, a copy computes the checksum that it is asked
for, and a copy that changes nothing is refused."""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    emulator = Emulator(tmp_path_factory.mktemp("ministack"))
    yield emulator.start().endpoint
    emulator.stop()


@pytest.fixture
def ministack(endpoint: str) -> Callable[[str], Any]:
    """boto3 clients of an empty MiniStack."""
    request = urllib.request.Request(f"{endpoint}/_ministack/reset", method="POST")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={})
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return lambda service: boto3.client(
        service, region_name=REGION, endpoint_url=endpoint, config=config, **keys
    )


@pytest.fixture
def fake() -> Callable[[str], Any]:
    return Machine().start(Aws(), ACCOUNT, REGION).client


@pytest.mark.parametrize("name", likeness.S3_SEQUENCES)
def test_s3_answers_as_ministack_does(
    ministack: Callable[[str], Any], fake: Callable[[str], Any], name: str
) -> None:
    steps, known = likeness.S3_SEQUENCES[name], MINISTACK_DIFFERS.get(name, ())
    assert likeness.differences(fake("s3"), ministack("s3"), steps, known) == []


def test_lambda_answers_as_ministack_does(
    ministack: Callable[[str], Any], fake: Callable[[str], Any]
) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = ministack("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)
    steps = likeness.functions(role["Role"]["Arn"])
    assert likeness.differences(fake("lambda"), ministack("lambda"), steps, ()) == []
