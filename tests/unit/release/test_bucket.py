from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from resumectl.release import bucket as module

NAME = "resume-resumectl-123456789012-eu-west-2"
STEPS = [
    "create_bucket",
    "put_public_access_block",
    "put_bucket_encryption",
    "put_bucket_policy",
    "put_bucket_versioning",
]


def test_the_name_is_the_same_everywhere():
    assert module.name("resume", "123456789012", "eu-west-2") == NAME


def test_the_longest_name_fits():
    assert len(module.name("a" * 20, "1" * 12, "ap-southeast-2")) <= 63


def test_it_is_made_private_encrypted_versioned_and_for_tls_only(empty_s3):
    assert not module.exists(empty_s3, NAME)
    assert module.ensure(empty_s3, NAME, "eu-west-2")
    assert module.exists(empty_s3, NAME)
    blocked = empty_s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"]
    assert blocked.keys() >= {
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    }
    assert all(blocked.values())
    rules = empty_s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (statement,) = json.loads(empty_s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert empty_s3.get_bucket_location(Bucket=NAME)["LocationConstraint"] == "eu-west-2"


def test_what_is_complete_is_left_alone(s3):
    calls = []
    s3.on_call = calls.append
    assert not module.ensure(s3, NAME, "eu-west-2")
    assert calls == ["get_bucket_versioning"]


@pytest.mark.parametrize("step", STEPS)
def test_what_was_interrupted_is_completed(s3, empty_s3, error_of, step):
    """Versioning is switched on last, and is what says that all is done."""
    empty_s3.delete_bucket(Bucket=NAME)
    s3.fail_at, s3.error = [step], error_of("InternalError")
    with pytest.raises(ClientError):
        module.ensure(s3, NAME, "eu-west-2")
    assert not module.exists(s3, NAME)
    assert module.ensure(s3, NAME, "eu-west-2")
    assert module.exists(s3, NAME)


def test_the_first_region_of_aws_takes_no_location():
    import boto3

    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        assert module.ensure(s3, NAME, "us-east-1")


def test_a_bucket_of_somebody_else_is_an_error(s3, empty_s3, error_of):
    empty_s3.delete_bucket(Bucket=NAME)
    s3.fail_at, s3.error = ["create_bucket"], error_of("BucketAlreadyExists")
    with pytest.raises(ClientError):
        module.ensure(s3, NAME, "eu-west-2")


def test_only_not_found_means_absent(s3, error_of):
    s3.fail_at, s3.error = ["get_bucket_versioning"], error_of("AccessDenied")
    with pytest.raises(ClientError):
        module.exists(s3, NAME)
