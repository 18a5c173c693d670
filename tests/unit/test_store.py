"""Objects of the project bucket: absent is None, a condition that does not hold is None or False."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from resumectl.store import NEW, Store


@pytest.fixture
def store(s3_client):
    with mock_aws():
        s3_client.create_bucket(
            Bucket="project", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
        )
        yield Store(s3_client, "project")


def test_what_is_written_is_read(store):
    etag = store.write("a.json", b"{}")
    found = store.read("a.json")
    assert (found.body, found.etag) == (b"{}", etag)
    assert found.age >= 0


def test_what_is_absent_is_none(store):
    assert store.read("a.json") is None
    assert Store(store.s3, "no-such-bucket").read("a.json") is None


def test_only_the_first_one_writes_a_new_object(store):
    assert store.write("a.json", b"first", **NEW)
    assert store.write("a.json", b"second", **NEW) is None
    assert store.read("a.json").body == b"first"


def test_only_the_very_object_is_written_again(store):
    etag = store.write("a.json", b"first")
    newer = store.write("a.json", b"second", IfMatch=etag)
    assert store.write("a.json", b"third", IfMatch=etag) is None
    assert newer == store.read("a.json").etag


def test_only_the_very_object_is_deleted(store):
    etag = store.write("a.json", b"first")
    store.write("a.json", b"second")
    assert not store.delete("a.json", etag)
    assert store.read("a.json").body == b"second"
    assert store.delete("a.json")
    assert store.read("a.json") is None


def test_other_errors_are_not_swallowed(store):
    with pytest.raises(ClientError):
        Store(store.s3, "no-such-bucket").write("a.json", b"{}", **NEW)
    with pytest.raises(ClientError):
        Store(store.s3, "no-such-bucket").delete("a.json", "etag")
