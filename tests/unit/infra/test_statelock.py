from __future__ import annotations

import json

import pytest
from moto import mock_aws

from resumectl.infra.statelock import StateLocks

INFO = {
    "ID": "1-2-3",
    "Operation": "OperationTypeApply",
    "Who": "me@laptop",
    "Created": "2026-11-22T09:30:00Z",
}


@pytest.fixture
def s3(s3_client):
    with mock_aws():
        s3_client.create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
        )
        yield s3_client


@pytest.fixture
def put(s3):
    def write(**info):
        s3.put_object(
            Bucket="bucket",
            Key="terraform/prod.tfstate.tflock",
            Body=json.dumps({**INFO, **info}).encode(),
        )

    return write


def test_a_lock_that_terraform_left_behind_can_be_released(s3, put):
    locks = StateLocks(s3, "bucket", "prod")
    assert locks.read() is None
    put()
    lock = locks.read()
    assert lock.id == "1-2-3"
    assert lock.describe() == "me@laptop (OperationTypeApply, since 2026-11-22T09:30:00Z)"
    assert locks.release(lock)
    assert locks.read() is None


def test_a_lock_that_was_taken_since_is_not_released(s3, put):
    locks = StateLocks(s3, "bucket", "prod")
    put()
    lock = locks.read()
    put(ID="4-5-6")
    assert not locks.release(lock)
    assert locks.read().id == "4-5-6"


def test_without_a_bucket_there_is_no_lock(s3):
    assert StateLocks(s3, "not-there", "prod").read() is None


def test_what_terraform_did_not_write_is_empty(s3):
    s3.put_object(Bucket="bucket", Key="terraform/prod.tfstate.tflock", Body=b"{}")
    lock = StateLocks(s3, "bucket", "prod").read()
    assert (lock.id, lock.operation, lock.who, lock.created) == ("", "", "", "")
