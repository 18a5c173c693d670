from __future__ import annotations

import inspect
import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from resumectl.release.bucket import NEW, ProjectBucket, bucket_name
from tests.fakes.canned import Canned
from tests.fakes.faults import Fault
from tests.fakes.machine import Machine

REGION = "eu-west-2"
OWNER = "123456789012"
SETUP = [
    "create_bucket",
    "put_public_access_block",
    "put_bucket_encryption",
    "put_bucket_policy",
    "put_bucket_lifecycle_configuration",
    "put_bucket_versioning",
]


# --- the bucket itself


def test_the_name_is_the_same_everywhere():
    assert bucket_name("resume", OWNER, REGION) == "resume-resumectl-123456789012-eu-west-2"


def test_the_longest_name_fits():
    assert len(bucket_name("a" * 20, OWNER, "ap-southeast-2")) <= 63


def test_it_is_made_private_encrypted_versioned_and_for_tls_only(others, bucket_of):
    bucket, here = bucket_of("prod"), {"Bucket": bucket_of("prod").name}
    assert not bucket.exists()
    assert bucket.ensure(REGION)
    assert bucket_of("prod").exists()
    blocked = others.get_public_access_block(**here)["PublicAccessBlockConfiguration"]
    assert blocked == dict.fromkeys(
        ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True
    )
    (rule,) = others.get_bucket_encryption(**here)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (statement,) = json.loads(others.get_bucket_policy(**here)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert others.get_bucket_location(**here)["LocationConstraint"] == REGION


def test_only_old_versions_of_locks_expire(others, bucket_of):
    bucket = bucket_of("prod")
    bucket.ensure(REGION)
    (rule,) = others.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
    assert rule["Filter"] == {"Prefix": "locks/"}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert "Expiration" not in rule


def test_a_complete_bucket_is_left_alone(faults, bucket):
    assert not bucket.ensure(REGION)
    assert [name for name, _ in faults.begun] == ["get_bucket_versioning"]


@pytest.mark.parametrize("step", SETUP)
def test_an_interrupted_setup_is_completed(faults, bucket_of, step):
    """Versioning is switched on last and says that the setup is complete."""
    faults.add(Fault("refuse", call=step))
    with pytest.raises(ClientError):
        bucket_of("prod").ensure(REGION)
    assert not bucket_of("prod").exists()
    assert bucket_of("prod").ensure(REGION)
    assert bucket_of("prod").exists()
    assert [name for name, _ in faults.begun][-7:-1] == SETUP


def test_a_bucket_just_made_is_known_although_reads_are_stale(faults, bucket_of):
    bucket = bucket_of("prod")
    bucket.ensure(REGION)
    faults.add(Fault("refuse", call="get_bucket_versioning", code="NoSuchBucket"))
    assert bucket.exists()


def test_us_east_1_takes_no_location(aws):
    s3 = Machine().start(aws, OWNER, "us-east-1").client("s3")
    assert ProjectBucket(s3, "resume-bucket", OWNER, "prod").ensure("us-east-1")


@pytest.fixture
def squat(aws, bucket_of):
    """Another account makes a bucket of that name."""
    s3 = Machine().start(aws, "999999999999", REGION).client("s3")
    place = {"LocationConstraint": REGION}
    return lambda: s3.create_bucket(Bucket=bucket_of("prod").name, CreateBucketConfiguration=place)


def test_a_bucket_of_another_account_is_an_error(bucket_of, squat):
    squat()
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket_of("prod").ensure(REGION)


def test_a_bucket_that_another_account_makes_meanwhile_is_an_error(faults, bucket_of, squat):
    faults.add(Fault("delay", call="create_bucket", meanwhile=squat))
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        bucket_of("prod").ensure(REGION)


# --- every request names the owner


CALLS = {
    "read": [("key",), ("key", "v1")],
    "write": [("key", b""), ("key", b"", "application/zip")],
    "delete": [("key",), ("key", "etag")],
    "keys": [("prefix",)],
    "versions": [("key",)],
    "restore": [("key", "v1")],
    "exists": [()],
    "ensure": [("eu-west-2",), ("us-east-1",)],
}
NOTHING = dict.fromkeys(("get_object", "get_bucket_versioning"), "NoSuchBucket")


def test_every_method_is_tried():
    public = {name for name, _ in inspect.getmembers(ProjectBucket, inspect.isfunction)}
    assert {name for name in public if not name.startswith("_")} == CALLS.keys()


@pytest.mark.parametrize(
    ("method", "arguments"), [(name, each) for name, calls in CALLS.items() for each in calls]
)
def test_every_request_names_the_owner(method, arguments):
    s3 = Canned({**NOTHING, "put_object": {"ETag": "1"}})
    s3.meta = SimpleNamespace(endpoint_url="https://s3.amazonaws.com")
    result = getattr(ProjectBucket(s3, "theirs", OWNER, "prod"), method)(*arguments)
    if method == "versions":
        list(result)
    assert s3.calls
    for name, given in s3.calls:
        assert given["Bucket"] == "theirs"
        # CreateBucket knows no such parameter: it cannot touch a bucket of another account.
        assert (given.get("ExpectedBucketOwner") == OWNER) == (name != "create_bucket"), name
        if name == "copy_object":
            assert given["ExpectedSourceBucketOwner"] == OWNER


# --- objects


def test_an_object_is_read_as_it_was_written(bucket):
    etag = bucket.write("a.json", b"{}")
    stored = bucket.read("a.json")
    assert (stored.body, stored.etag) == (b"{}", etag)
    assert bucket.read("b.json") is None


@pytest.mark.parametrize("age", [0, 75])
def test_the_age_of_an_object_follows_s3s_own_clock(aws, bucket, age):
    bucket.write("a", b"")
    aws.clock.advance(age)
    assert bucket.read("a").age == age


def test_an_age_is_never_negative(aws, bucket):
    """S3 has many servers, and so many clocks."""
    bucket.write("a", b"")
    version = aws.buckets[bucket.name].current("a")
    ahead = replace(version, time=version.time + timedelta(seconds=5))
    aws.buckets[bucket.name].add("a", ahead)
    assert bucket.read("a").age == 0


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict"])
def test_a_condition_that_does_not_hold_writes_nothing(faults, bucket, code):
    faults.add(*(Fault("refuse", at, "put_object", code=code) for at in (1, 2)))
    assert bucket.write("a", b"x", **NEW) is None
    with pytest.raises(ClientError):
        bucket.write("a", b"x")
    assert bucket.read("a") is None


def test_s3_decides_which_write_is_the_first(bucket):
    assert bucket.write("a", b"ours", **NEW)
    assert bucket.write("a", b"theirs", **NEW) is None
    assert bucket.read("a").body == b"ours"


def test_a_write_needs_the_etag_that_it_names(bucket):
    first = bucket.write("a", b"1")
    second = bucket.write("a", b"2", IfMatch=first)
    assert second
    assert bucket.write("a", b"3", IfMatch=first) is None
    bucket.delete("a")
    assert bucket.write("a", b"4", IfMatch=second) is None


def test_an_object_is_deleted_only_with_the_etag_that_is_named(bucket):
    old, new = bucket.write("a", b"1"), bucket.write("a", b"2")
    assert not bucket.delete("a", old)
    assert bucket.read("a")
    assert bucket.delete("a", new)
    assert bucket.read("a") is None


def test_an_old_version_can_be_read_and_made_current(bucket):
    bucket.write("a", b"old")
    bucket.write("a", b"new")
    bucket.write("a.bak", b"other")
    newest, oldest = bucket.versions("a")
    assert bucket.read("a", oldest).body == b"old"
    assert bucket.read("a", newest).body == b"new"
    bucket.restore("a", oldest)
    assert bucket.read("a").body == b"old"


def test_the_versions_of_a_deleted_object_are_still_there(bucket):
    bucket.write("a", b"old")
    bucket.delete("a")
    (version,) = bucket.versions("a")
    assert bucket.read("a", version).body == b"old"


def test_keys_are_sorted_and_begin_with_the_prefix(bucket):
    for key in ("b/2", "b/1", "a", "b"):
        bucket.write(key, b"")
    assert bucket.keys("b/") == ["b/1", "b/2"]


def test_without_a_bucket_nothing_is_there(bucket_of):
    nowhere = bucket_of("prod")
    assert nowhere.read("a") is None
    assert nowhere.keys("") == []
    assert not nowhere.exists()


DENIED = {
    "get_object": lambda bucket: bucket.read("a"),
    "put_object": lambda bucket: bucket.write("a", b"", **NEW),
    "delete_object": lambda bucket: bucket.delete("a", "etag"),
    "list_objects_v2": lambda bucket: bucket.keys(""),
    "list_object_versions": lambda bucket: list(bucket.versions("a")),
    "copy_object": lambda bucket: bucket.restore("a", "v1"),
    "get_bucket_versioning": lambda bucket: bucket.exists(),
}


@pytest.mark.parametrize("operation", DENIED)
def test_access_denied_never_means_that_nothing_is_there(faults, bucket, operation):
    faults.add(Fault("refuse", call=operation, code="AccessDenied"))
    with pytest.raises(ClientError):
        DENIED[operation](bucket)
