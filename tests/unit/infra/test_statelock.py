from __future__ import annotations

import json

import pytest

from resumectl.infra import statelock

KEY = "terraform/prod.tfstate.tflock"
INFO = {
    "ID": "1-2-3",
    "Operation": "OperationTypeApply",
    "Who": "me@laptop",
    "Created": "2026-11-22T09:30:00Z",
}


def lock(bucket, **info):
    bucket.write(KEY, json.dumps({**INFO, **info}).encode())


def test_a_lock_that_terraform_left_behind_is_described_and_released(bucket):
    assert statelock.read(bucket) is None
    lock(bucket)
    held = statelock.read(bucket)
    assert (held.id, held.created) == (INFO["ID"], INFO["Created"])
    assert held.describe() == (
        "Terraform: me@laptop (OperationTypeApply, since 2026-11-22T09:30:00Z)"
    )
    assert held.release()
    assert statelock.read(bucket) is None


def test_a_lock_that_was_taken_since_is_not_released(bucket):
    lock(bucket)
    held = statelock.read(bucket)
    lock(bucket, ID="4-5-6")
    assert not held.release()
    assert statelock.read(bucket).id == "4-5-6"


def test_the_lock_of_another_environment_is_another_lock(bucket):
    bucket.write("terraform/staging.tfstate.tflock", json.dumps(INFO).encode())
    assert statelock.read(bucket) is None


def test_without_a_bucket_there_is_no_lock(no_bucket):
    assert statelock.read(no_bucket) is None


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[]", b"7", b"[1]", b"\xff"])
def test_an_unreadable_lock_is_a_lock_of_an_unknown_process(bucket, body):
    bucket.write(KEY, body)
    held = statelock.read(bucket)
    assert held.describe() == "Terraform: an unknown process"
    assert held.release()
