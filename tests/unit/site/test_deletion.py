"""Deleting: in batches, only what was listed, and what S3 answers for single objects."""

from __future__ import annotations

import pytest

from resumectl.errors import CloudError
from resumectl.site.deletion import delete_objects, delete_versions
from resumectl.site.listing import live
from tests.fakes.faults import Fault
from tests.unit.site.account import on

KEYS = ["a.css", "b.css"]


@pytest.fixture
def listed(account):
    """What was listed of two objects."""
    for key in KEYS:
        account.put(key, b"1")
    return live(on(account.s3), {})


def delete(account, listed, keys=KEYS):
    counts = []
    delete_objects(on(account.s3), keys, listed, counts.append)
    return counts


def test_listed_objects_are_deleted(account, listed):
    assert delete(account, listed) == [2]
    assert account.served == {}


def test_an_object_that_somebody_wrote_since_stays(account, listed):
    account.put("b.css", b"2")
    with pytest.raises(CloudError, match=r"Somebody else changed b\.css") as refused:
        delete(account, listed)
    assert refused.value.code == "changed"
    assert account.served == {"b.css": b"2"}


def test_an_object_that_somebody_deleted_since_is_ignored(account, listed):
    account.delete("a.css")
    assert delete(account, listed) == [2]
    account.bucket.forget("a.css")
    assert delete(account, listed) == [2]


def test_a_deletion_whose_response_was_lost_is_done(account, listed):
    account.fail(Fault("repeat", call="delete_objects"))
    assert delete(account, listed) == [2]


def test_a_conflict_is_retried(account, listed):
    account.bucket.stuck["a.css"] = ["ConditionalRequestConflict", "OperationAborted"]
    assert delete(account, listed) == [2]
    assert account.served == {}


@pytest.mark.parametrize("word", ["PreconditionFailed", "NoSuchKey", "AccessDenied"])
def test_an_object_that_is_still_listed_is_not_gone(account, listed, word):
    account.bucket.stuck["a.css"] = [word]
    with pytest.raises(CloudError, match=r"a\.css"):
        delete(account, listed)
    assert "a.css" in account.served


def test_old_versions_are_deleted_permanently_and_only_those(moto_s3):
    first, second = (
        moto_s3.put_object(Bucket="site", Key="a.css", Body=body)["VersionId"]
        for body in (b"1", b"2")
    )
    for _ in range(2):  # the second time it no longer exists
        delete_versions(on(moto_s3), [("a.css", first)])
    versions = moto_s3.list_object_versions(Bucket="site")
    assert [version["VersionId"] for version in versions["Versions"]] == [second]
    assert "DeleteMarkers" not in versions


def test_versions_that_no_longer_exist_are_ignored(account, s3):
    for key, code in (("a", "NoSuchVersion"), ("b", "NoSuchKey"), ("c", "InvalidArgument")):
        account.bucket.stuck[key] = [code]
    delete_versions(on(s3), [("a", "v1"), ("b", "v1"), ("c", "v1")])


def test_a_version_that_s3_does_not_delete_is_an_error(account, s3):
    account.bucket.stuck["b"] = ["AccessDenied"]
    with pytest.raises(CloudError, match=r"S3 did not delete b \(AccessDenied\)"):
        delete_versions(on(s3), [("a", "v1"), ("b", "v1")])


def test_versions_are_deleted_in_batches_of_a_thousand(account, s3):
    delete_versions(on(s3), [(str(number), "v1") for number in range(1001)])
    assert [len(keys) for _, keys in account.calls] == [1000, 1]
