"""What S3 does where it matters, beyond what moto and MiniStack can show."""

from __future__ import annotations

import hashlib
import io
from email.utils import parsedate_to_datetime

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ParamValidationError

from tests.fakes.aws.world import Aws
from tests.fakes.machine import Machine
from tests.unit.fakes.repository import ACCOUNT, PLACE, PROJECT, REGION

OTHER = "999999999999"


def code(call, **arguments):
    """The error code of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


# --- ETags and conditions


def test_the_etag_is_the_md5_of_the_body_so_the_same_body_has_the_same_etag(s3):
    first = s3.put_object(Bucket=PROJECT, Key="a", Body=b"x")
    second = s3.put_object(Bucket=PROJECT, Key="a", Body=b"x")
    assert first["ETag"] == second["ETag"] == f'"{hashlib.md5(b"x").hexdigest()}"'
    assert first["VersionId"] != second["VersionId"]


def test_a_writer_that_rewrote_the_same_body_still_passes_for_the_old_one(s3):
    """Whoever compares ETags alone does not see that somebody else wrote the same."""
    etag = s3.put_object(Bucket=PROJECT, Key="a", Body=b"x")["ETag"]
    s3.put_object(Bucket=PROJECT, Key="a", Body=b"x")
    assert s3.put_object(Bucket=PROJECT, Key="a", Body=b"y", IfMatch=etag)["ETag"]


def test_a_write_that_another_one_overtakes_is_a_conflict(s3):
    class Slow(io.BytesIO):
        def read(self, *size):
            s3.put_object(Bucket=PROJECT, Key="a", Body=b"faster")
            return super().read(*size)

    put = {"Bucket": PROJECT, "Key": "a", "Body": Slow(b"slow"), "IfNoneMatch": "*"}
    assert code(s3.put_object, **put) == "ConditionalRequestConflict"
    assert s3.get_object(Bucket=PROJECT, Key="a")["Body"].read() == b"faster"


def test_a_deletion_with_a_condition_fails_once_the_object_is_deleted(s3):
    etag = s3.put_object(Bucket=PROJECT, Key="a", Body=b"x")["ETag"]
    absent = {"Bucket": PROJECT, "Key": "b", "IfMatch": etag}
    assert code(s3.delete_object, **absent) == "NoSuchKey"
    s3.delete_object(Bucket=PROJECT, Key="a", IfMatch=etag)
    gone = {"Bucket": PROJECT, "Key": "a", "IfMatch": etag}
    assert code(s3.delete_object, **gone) == "NoSuchKey"


def test_a_wrong_checksum_is_refused(s3):
    wrong = {"Bucket": PROJECT, "Key": "a", "Body": b"x", "ChecksumSHA256": "AAAA"}
    assert code(s3.put_object, **wrong) == "BadDigest"


def test_only_the_checksum_of_parts_is_composite(s3, aws):
    read = {"Bucket": PROJECT, "Key": "a", "ChecksumMode": "ENABLED"}
    s3.put_object(Bucket=PROJECT, Key="a", Body=b"x", ChecksumAlgorithm="SHA256")
    assert s3.head_object(**read)["ChecksumType"] == "FULL_OBJECT"
    aws.buckets[PROJECT].write("a", b"x", checksum="AAAA-3")
    assert s3.head_object(**read)["ChecksumType"] == "COMPOSITE"


def test_a_body_that_fails_while_it_is_sent_is_boto3s_error_and_nothing_is_written(s3):
    class Failing(io.BytesIO):
        def read(self, *_):
            raise ValueError("changed")

    with pytest.raises(HTTPClientError, match="changed"):
        s3.put_object(Bucket=PROJECT, Key="a", Body=Failing(b"x"))
    assert "Versions" not in s3.list_object_versions(Bucket=PROJECT)


def test_what_boto3_refuses_is_refused(s3):
    with pytest.raises(ParamValidationError, match="Unknown parameter"):
        s3.put_object(Bucket=PROJECT, Key="a", Body=b"x", Contenttype="text/html")
    with pytest.raises(ParamValidationError, match="Missing required"):
        s3.get_object(Bucket=PROJECT)


def test_errors_are_of_boto3s_own_classes(s3):
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=PROJECT, Key="none")


# --- accounts and regions


def test_a_bucket_of_another_account_is_denied(s3, aws, machine):
    stranger = machine.start(aws, OTHER, REGION).client("s3")
    assert code(stranger.list_objects_v2, Bucket=PROJECT) == "AccessDenied"
    assert code(stranger.head_bucket, Bucket=PROJECT) == "403"
    assert code(stranger.create_bucket, Bucket=PROJECT, **PLACE) == "BucketAlreadyExists"
    assert stranger.list_buckets()["Buckets"] == []


def test_a_call_that_expects_another_owner_changes_nothing(s3):
    call = {"Bucket": PROJECT, "ExpectedBucketOwner": OTHER}
    for refused, more in (
        (s3.put_object, {"Key": "a", "Body": b"x"}),
        (s3.delete_object, {"Key": "a"}),
        (s3.delete_objects, {"Delete": {"Objects": [{"Key": "a"}]}}),
        (s3.put_bucket_versioning, {"VersioningConfiguration": {"Status": "Suspended"}}),
        (s3.get_bucket_policy, {}),
    ):
        assert code(refused, **call, **more) == "AccessDenied"
    assert "Versions" not in s3.list_object_versions(Bucket=PROJECT)
    assert s3.get_bucket_versioning(**{**call, "ExpectedBucketOwner": ACCOUNT})["Status"]


def test_us_east_1_creates_without_a_place_and_does_not_mind_a_second_time(aws, machine):
    s3 = machine.start(aws, ACCOUNT, "us-east-1").client("s3")
    s3.create_bucket(Bucket="b")
    s3.create_bucket(Bucket="b")
    assert s3.get_bucket_location(Bucket="b")["LocationConstraint"] is None
    elsewhere = machine.start(aws, ACCOUNT, REGION).client("s3")
    assert code(elsewhere.create_bucket, Bucket="c") == "IllegalLocationConstraintException"
    assert code(elsewhere.create_bucket, Bucket="b", **PLACE) == "BucketAlreadyOwnedByYou"


def test_regions_of_an_account_have_functions_and_tables_of_their_own(aws, process):
    table = {
        "TableName": "counts",
        "KeySchema": [{"AttributeName": "page", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "page", "AttributeType": "S"}],
    }
    process.client("dynamodb").create_table(**table)
    elsewhere = process.client("dynamodb", "us-east-1")
    assert code(elsewhere.describe_table, TableName="counts") == "ResourceNotFoundException"


def test_sts_knows_who_asks(aws, machine):
    for account in (ACCOUNT, OTHER):
        sts = machine.start(aws, account, REGION).client("sts")
        assert sts.get_caller_identity()["Account"] == account


# --- versions


def test_a_suspended_bucket_keeps_its_versions_and_overwrites_the_null_one(s3):
    s3.put_object(Bucket=PROJECT, Key="a", Body=b"kept")
    suspended = {"Status": "Suspended"}
    s3.put_bucket_versioning(Bucket=PROJECT, VersioningConfiguration=suspended)
    s3.put_object(Bucket=PROJECT, Key="a", Body=b"one")
    s3.put_object(Bucket=PROJECT, Key="a", Body=b"two")
    rows = s3.list_object_versions(Bucket=PROJECT)["Versions"]
    assert [(row["VersionId"] == "null", row["Size"]) for row in rows] == [(True, 3), (False, 4)]


def test_a_key_that_is_stuck_is_named_in_a_bulk_deletion(s3, aws):
    s3.put_object(Bucket=PROJECT, Key="a", Body=b"x")
    aws.buckets[PROJECT].stuck["a"] = ["SlowDown"]
    batch = {"Objects": [{"Key": "a"}, {"Key": "b"}], "Quiet": True}
    errors = s3.delete_objects(Bucket=PROJECT, Delete=batch)["Errors"]
    assert [(row["Key"], row["Code"]) for row in errors] == [("a", "SlowDown")]
    assert "Errors" not in s3.delete_objects(Bucket=PROJECT, Delete=batch)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_pages_are_as_small_as_the_world_says_and_miss_nothing(size):
    process = Machine().start(Aws(page=size), ACCOUNT, REGION)
    s3 = process.client("s3")
    s3.create_bucket(Bucket="b", **PLACE)
    s3.put_bucket_versioning(Bucket="b", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "b", "c", "d"):
        s3.put_object(Bucket="b", Key=key, Body=b"x")
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="b"))
    assert [row["Key"] for page in pages for row in page["Contents"]] == ["a", "b", "c", "d"]
    assert len(pages) == -(-4 // size)
    versions = s3.get_paginator("list_object_versions").paginate(Bucket="b")
    assert sum(len(page["Versions"]) for page in versions) == 5


# --- the first minutes of a bucket


def reads(seed, settling):
    """How often a new bucket, its versioning and its first object are not seen yet."""
    s3 = Machine().start(Aws(seed=seed, settling=settling), ACCOUNT, REGION).client("s3")
    s3.create_bucket(Bucket="b", **PLACE)
    enabled = {"Bucket": "b", "VersioningConfiguration": {"Status": "Enabled"}}
    absent = attempts(lambda: s3.put_bucket_versioning(**enabled), "NoSuchBucket")
    stale = 0
    while s3.get_bucket_versioning(Bucket="b").get("Status") != "Enabled":
        stale += 1
    s3.put_object(Bucket="b", Key="a", Body=b"x")
    return absent, stale, attempts(lambda: s3.get_object(Bucket="b", Key="a"), "NoSuchKey")


def attempts(call, expected):
    count = 0
    while True:
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] != expected:
                raise
            count += 1
        else:
            return count


def test_by_default_everything_is_visible_at_once():
    assert reads(seed=1, settling=0) == (0, 0, 0)


def test_a_new_bucket_settles_within_the_given_number_of_calls():
    seen = [reads(seed, settling=4) for seed in range(40)]
    for kind in zip(*seen, strict=True):
        assert set(kind) == {0, 1, 2, 3, 4}
    assert seen == [reads(seed, settling=4) for seed in range(40)]


# --- clocks


def test_the_date_of_an_answer_is_the_clock_of_aws_not_of_the_machine(aws):
    process = Machine(clock=aws.clock, skew=-7200.0).start(aws, ACCOUNT, REGION)
    s3 = process.client("s3")
    s3.create_bucket(Bucket="b", **PLACE)
    s3.put_object(Bucket="b", Key="a", Body=b"x")
    aws.clock.advance(90)
    answer = s3.get_object(Bucket="b", Key="a")
    date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    assert (date - answer["LastModified"]).total_seconds() == 90
    assert (process.machine.time.now() - date).total_seconds() == -7200
