"""The project bucket in memory."""

from __future__ import annotations

import pytest
from moto import mock_aws

from resumectl.release.bucket import ProjectBucket
from tests.fakes.flaky import Flaky

OWNER = "123456789012"
NAME = f"resume-resumectl-{OWNER}-eu-west-2"


@pytest.fixture
def empty_s3(s3_client):
    """S3 without any bucket."""
    with mock_aws():
        yield Flaky(s3_client)


@pytest.fixture
def s3(empty_s3):
    """S3 with the project bucket."""
    empty_s3.s3.create_bucket(
        Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    versioning = {"Status": "Enabled"}
    empty_s3.s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration=versioning)
    return empty_s3


@pytest.fixture
def bucket_of(empty_s3):
    """The project bucket as an environment uses it, also if S3 has none yet."""
    return lambda env: ProjectBucket(empty_s3, NAME, OWNER, env)


@pytest.fixture
def bucket(s3, bucket_of):
    """The project bucket as prod uses it."""
    return bucket_of("prod")


@pytest.fixture
def put(s3, bucket):
    """Somebody else writes an object."""
    return lambda key, body: s3.s3.put_object(Bucket=bucket.name, Key=key, Body=body)
