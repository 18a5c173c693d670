from __future__ import annotations

import pytest
from moto import mock_aws

from resumectl.release.bucket import ProjectBucket
from tests.fakes.aws.world import Aws
from tests.fakes.canned_terraform import Bench
from tests.fakes.faults import Faults
from tests.fakes.leftovers import ACCOUNT, REGION, Leftovers
from tests.fakes.machine import Machine

NAME = f"resume-resumectl-{ACCOUNT}-{REGION}"


@pytest.fixture(scope="session")
def moto_clients():
    """Clients by service and region, shared by all tests: creating them takes most of the time."""
    return {}


@pytest.fixture
def leftovers(moto_clients):
    with mock_aws():
        yield Leftovers(moto_clients)


@pytest.fixture
def faults():
    """What goes wrong in our process."""
    return Faults()


@pytest.fixture
def no_bucket(faults):
    """The project bucket of `prod` before the first deploy."""
    s3 = Machine().start(Aws(), ACCOUNT, REGION, faults).client("s3")
    return ProjectBucket(s3, NAME, ACCOUNT, "prod")


@pytest.fixture
def bucket(no_bucket):
    """The project bucket, as environment `prod` uses it."""
    place = {"LocationConstraint": REGION}
    no_bucket.s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=place)
    enabled = {"Status": "Enabled"}
    no_bucket.s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration=enabled)
    return no_bucket


@pytest.fixture
def bench(tmp_path, bucket):
    """The infrastructure part of `prod`, on a Terraform and an AWS that answer from tables."""
    return Bench(tmp_path, bucket)
