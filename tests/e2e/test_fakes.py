"""The fakes answer as MiniStack and Terraform do, except where MiniStack is not like AWS."""

from __future__ import annotations

import json
import urllib.request
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from resumectl.infra.binary import find_terraform
from resumectl.infra.provider import cli_config
from resumectl.infra.runner import Runner
from resumectl.local.emulator import Emulator
from tests.e2e.project import environment
from tests.fakes.aws.world import Aws
from tests.fakes.likeness.comparison import differences
from tests.fakes.likeness.functions import functions
from tests.fakes.likeness.s3 import S3_SEQUENCES
from tests.fakes.likeness.services import SERVICES
from tests.fakes.machine import Machine
from tests.fakes.terraform import likeness as terraform
from tests.fakes.terraform.runner import FakeRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ACCOUNT, REGION = "000000000000", "eu-west-2"
BACKEND = {"bucket": terraform.BUCKET, "key": terraform.KEY, "region": REGION}
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


@pytest.mark.parametrize("name", S3_SEQUENCES)
def test_s3_answers_as_ministack_does(
    ministack: Callable[[str], Any], fake: Callable[[str], Any], name: str
) -> None:
    steps, known = S3_SEQUENCES[name], MINISTACK_DIFFERS.get(name, ())
    assert differences(fake("s3"), ministack("s3"), steps, known) == []


def test_lambda_answers_as_ministack_does(
    ministack: Callable[[str], Any], fake: Callable[[str], Any]
) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = ministack("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)
    steps = functions(role["Role"]["Arn"])
    assert differences(fake("lambda"), ministack("lambda"), steps, ()) == []


@pytest.mark.parametrize("name", SERVICES)
def test_other_services_answer_as_ministack_does(
    ministack: Callable[[str], Any], fake: Callable[[str], Any], name: str
) -> None:
    steps, known = SERVICES[name], MINISTACK_DIFFERS.get(name, ())
    assert differences(fake(name), ministack(name), steps, known) == []


TERRAFORM = """
terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }}
  }}

  backend "s3" {{
    use_lockfile = true
  }}
}}

provider "aws" {{
  region                      = "{region}"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_requesting_account_id  = true

  default_tags {{
    tags = {{
      Project     = "resume"
      Environment = "prod"
      ManagedBy   = "resumectl"
    }}
  }}
}}
"""


@pytest.fixture
def real_stage(endpoint: str, ministack: Callable[[str], Any], tmp_path: Path) -> terraform.Stage:
    """The real Terraform, on MiniStack."""
    folder, work = tmp_path / "real", tmp_path / "work"
    folder.mkdir()
    (folder / "terraform.tf").write_text(TERRAFORM.format(region=REGION))
    environ = environment(tmp_path / "home")
    program = find_terraform(environ, tmp_path)
    choice = cli_config(environ, tmp_path, product=program.product)
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    environ |= {**keys, "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION, **choice.env}
    skipped = ("credentials_validation", "requesting_account_id", "metadata_api_check")
    local = {"use_path_style": "true", **{f"skip_{name}": "true" for name in skipped}}
    _make_bucket(ministack("s3"))

    @cache  # each init costs more than a second
    def runner() -> Runner:
        made = Runner(program.path, folder, work, work / "run" / "1", environ)
        made.init({**BACKEND, **local})
        return made

    return terraform.Stage(folder, runner, ministack, {})


@pytest.fixture
def fake_stage(tmp_path: Path) -> terraform.Stage:
    folder, work = tmp_path / "fake", tmp_path / "work"
    folder.mkdir()
    process = Machine().start(Aws(), ACCOUNT, REGION)
    _make_bucket(process.client("s3"))

    def runner() -> FakeRunner:
        made = FakeRunner(process, folder, work, work / "run" / "2")
        made.init(BACKEND)
        return made

    return terraform.Stage(folder, runner, process.client, {})


def _make_bucket(s3: Any) -> None:
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    s3.create_bucket(Bucket=terraform.BUCKET, **place)
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=terraform.BUCKET, VersioningConfiguration=enabled)


def test_the_fake_terraform_tells_the_story_of_the_real_one(
    real_stage: terraform.Stage, fake_stage: terraform.Stage
) -> None:
    chapters = zip(terraform.story(real_stage), terraform.story(fake_stage), strict=True)
    for real, fake in chapters:
        assert fake == real
