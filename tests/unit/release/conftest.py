"""The project bucket in a fake account."""

from __future__ import annotations

import pytest

from resumectl.backoff import Backoff
from resumectl.release.bucket import ProjectBucket
from resumectl.release.project import Checkout, Project
from tests.fakes.aws.world import Aws
from tests.fakes.faults import Faults
from tests.fakes.machine import Machine

OWNER, REGION = "123456789012", "eu-west-2"
NAME = f"resume-resumectl-{OWNER}-{REGION}"


@pytest.fixture
def aws():
    """AWS without any bucket."""
    return Aws()


@pytest.fixture
def faults():
    """What goes wrong in our process."""
    return Faults()


@pytest.fixture
def others(aws):
    """The S3 client of somebody else in the same account."""
    return Machine().start(aws, OWNER, REGION).client("s3")


@pytest.fixture
def bucket_of(aws, faults):
    """The project bucket as an environment uses it, also if S3 has none yet."""

    def bucket_of(env, skew=0.0):
        machine = Machine(clock=aws.clock, skew=skew)
        s3 = machine.start(aws, OWNER, REGION, faults).client("s3")
        return ProjectBucket(s3, NAME, OWNER, env)

    return bucket_of


@pytest.fixture
def bucket(others, bucket_of):
    """The project bucket as prod uses it."""
    others.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
    others.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    return bucket_of("prod")


@pytest.fixture
def checkout(aws, faults, tmp_path):
    """The project bucket as prod uses it in a checkout of its own; nothing waits in real time."""

    def checkout(number=1, id_=None, origin=""):
        machine = Machine(clock=aws.clock)
        s3 = machine.start(aws, OWNER, REGION, faults).client("s3")
        memory = tmp_path / str(number)
        project = Project(Checkout("resume", id_, lambda: origin, memory), NAME)
        patience = Backoff(60.0, sleep=aws.clock.sleep, clock=aws.clock.monotonic)
        return ProjectBucket(s3, NAME, OWNER, "prod", project, patience)

    return checkout


@pytest.fixture
def put(others, bucket):
    """Somebody else writes an object."""
    return lambda key, body: others.put_object(Bucket=bucket.name, Key=key, Body=body)
