from __future__ import annotations

import inspect
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import CloudError, Refused
from resumectl.release.bucket import NEW, ProjectBucket, bucket_name
from resumectl.release.project import Checkout, Project
from tests.fakes.canned import Canned
from tests.fakes.faults import Fault
from tests.fakes.machine import Machine

REGION = "eu-west-2"
NAME = "resume-resumectl-123456789012-eu-west-2"
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


def test_a_denied_project_bucket_may_belong_to_another_account(checkout, squat):
    """Before anything else is read: Terraform's backend would not ask whose bucket it is."""
    squat()
    with pytest.raises(CloudError, match="belongs to another AWS account, or") as caught:
        checkout().read("terraform/prod.tfstate")
    assert caught.value.message.endswith("\nAccess Denied")
    assert "choose another name" in caught.value.hint


def test_a_bucket_that_another_account_makes_meanwhile_is_an_error(faults, bucket_of, squat):
    faults.add(Fault("delay", call="create_bucket", meanwhile=squat))
    with pytest.raises(Refused, match="belongs to another AWS account") as caught:
        bucket_of("prod").ensure(REGION)
    assert "Choose another name" in caught.value.hint


# --- whose project it is


def test_the_first_writer_claims_the_bucket(others, checkout):
    bucket = checkout(origin="github.com/ada/resume")
    bucket.ensure(REGION)
    assert bucket.claim()
    assert not bucket.claim()
    stored = others.get_object(Bucket=bucket.name, Key="project.json")["Body"].read()
    assert json.loads(stored)["id"] == bucket.project_id == bucket.project.remembered
    assert not checkout(2, origin="github.com/ada/resume").claim()


def test_a_bucket_from_before_is_claimed_by_the_next_writer(bucket, checkout):
    bucket.write("releases/prod/000001.json", b"{}")
    assert checkout().claim()
    with pytest.raises(Refused, match="another project"):
        checkout(2).read("releases/prod/000001.json")


@pytest.mark.parametrize("method", ["read", "write", "delete", "keys", "versions", "restore"])
def test_another_project_reaches_nothing(others, checkout, method):
    checkout().ensure(REGION)
    checkout().claim()
    others.put_object(Bucket=NAME, Key="key", Body=b"theirs")
    stranger = checkout(2, origin="github.com/eve/resume")
    with pytest.raises(Refused, match="another project"):
        list(getattr(stranger, method)(*CALLS[method][0]) or ())
    for refused in (stranger.exists, stranger.is_absent, stranger.claim):
        with pytest.raises(Refused, match="another project"):
            refused()
    with pytest.raises(Refused, match="another project"):
        stranger.ensure(REGION)
    assert others.get_object(Bucket=NAME, Key="key")["Body"].read() == b"theirs"


def test_of_two_projects_the_first_claim_wins(faults, checkout):
    first, second = checkout(1), checkout(2)
    first.ensure(REGION)
    faults.add(Fault("delay", call="put_object", key="project.json", meanwhile=second.claim))
    with pytest.raises(Refused, match="another project"):
        first.claim()
    assert checkout(2).read("a") is None


def test_two_checkouts_of_one_project_that_claim_at_once_share_the_id(faults, checkout):
    first, second = (checkout(number, origin="github.com/ada/resume") for number in (1, 2))
    first.ensure(REGION)
    faults.add(Fault("delay", call="put_object", key="project.json", meanwhile=second.claim))
    assert not first.claim()
    assert first.project_id == second.project_id == first.project.remembered


def test_a_claim_whose_answer_was_lost_is_ours(faults, checkout):
    bucket = checkout()
    bucket.ensure(REGION)
    faults.add(Fault("repeat", call="put_object", key="project.json"))
    bucket.claim()
    assert checkout().project_id == bucket.project_id


def test_an_origin_that_came_later_is_added(others, checkout):
    checkout().ensure(REGION)
    checkout().claim()
    checkout(origin="github.com/ada/resume").claim()
    assert not checkout(2, origin="github.com/ada/resume").claim()


def test_the_id_of_the_settings_is_shared_by_regions(checkout):
    bucket = checkout(id_="my-resume")
    assert bucket.project_id == "my-resume"
    bucket.ensure(REGION)
    bucket.claim()
    assert checkout(2, id_="my-resume").project_id == "my-resume"


# --- the first minutes of a bucket


@pytest.fixture
def settling(aws):
    aws.settling = 8
    return aws


@pytest.mark.parametrize("seed", range(12))
def test_what_was_written_is_waited_for(settling, checkout, seed):
    settling.seed = seed
    bucket = checkout(origin="github.com/ada/resume")
    bucket.ensure(REGION)
    bucket.claim()
    bucket.write("terraform/prod.tfstate", b"state")
    assert bucket.exists()
    assert bucket.read("terraform/prod.tfstate").body == b"state"
    assert bucket.read("pins/prod.json") is None
    other = checkout(2, origin="github.com/ada/resume")
    assert not other.claim()
    assert other.project_id == bucket.project_id
    assert other.exists()
    assert not other.is_absent()
    assert other.read("terraform/prod.tfstate").body == b"state"


def test_an_object_that_never_appears_is_not_absent(faults, aws, checkout):
    bucket = checkout()
    bucket.ensure(REGION)
    bucket.write("a", b"there")
    faults.add(Fault("refuse", call="get_object", key="a", code="NoSuchKey", lasting=True))
    with pytest.raises(CloudError, match="but does not return it yet"):
        bucket.read("a")
    assert aws.clock.monotonic() >= 60


def test_a_bucket_that_was_deleted_meanwhile_is_not_an_empty_one(others, checkout):
    bucket = checkout()
    bucket.ensure(REGION)
    others.delete_bucket(Bucket=bucket.name)
    for reading in (lambda: bucket.read("a"), lambda: bucket.keys("")):
        with pytest.raises(CloudError, match="does not exist, but it did a moment ago"):
            reading()


def test_an_old_bucket_is_asked_once(aws, faults, checkout):
    checkout().ensure(REGION)
    checkout().claim()
    aws.clock.advance(900)
    begun = len(faults.begun)
    assert checkout().read("locks/prod.json") is None
    assert [name for name, _ in faults.begun[begun:]] == ["get_object"] * 2


def test_what_one_client_knows_of_the_bucket_the_other_knows(faults, checkout):
    bucket = checkout(origin="github.com/ada/resume")
    other = bucket.through(bucket.s3)
    bucket.ensure(REGION)
    bucket.claim()
    begun = len(faults.begun)
    assert other.exists()
    assert other.project_id == bucket.project_id
    assert faults.begun[begun:] == []


def test_a_half_made_bucket_is_neither_absent_nor_ready(others, checkout):
    assert checkout().is_absent()
    place = {"LocationConstraint": REGION}
    others.create_bucket(Bucket=NAME, CreateBucketConfiguration=place)
    assert not checkout().is_absent()
    assert not checkout().exists()


# --- every request names the owner


CALLS = {
    "read": [("key",), ("key", "v1")],
    "write": [("key", b""), ("key", b"", "application/zip")],
    "delete": [("key",), ("key", "etag")],
    "keys": [("prefix",)],
    "versions": [("key",)],
    "restore": [("key", "v1")],
    "exists": [()],
    "is_absent": [()],
    "prove": [()],
    "through": [],
    "claim": [()],
    "ensure": [("eu-west-2",), ("us-east-1",)],
}
NOTHING = dict.fromkeys(("get_object", "get_bucket_versioning"), "NoSuchBucket")


def test_every_method_is_tried():
    public = {name for name, _ in inspect.getmembers(ProjectBucket, inspect.isfunction)}
    assert {name for name in public if not name.startswith("_")} == CALLS.keys()


@pytest.mark.parametrize(
    ("method", "arguments"), [(name, each) for name, calls in CALLS.items() for each in calls]
)
def test_every_request_names_the_owner(tmp_path, method, arguments):
    s3 = Canned({**NOTHING, "put_object": {"ETag": "1"}})
    s3.meta = SimpleNamespace(endpoint_url="https://s3.amazonaws.com")
    project = Project(Checkout("resume", "an-id", str, tmp_path), "theirs")
    result = getattr(ProjectBucket(s3, "theirs", OWNER, "prod", project), method)(*arguments)
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


def test_a_date_that_a_proxy_repeated_is_still_a_date():
    """Then Python reads it without a zone."""
    written = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    date = "Fri, 27 Nov 2026 10:01:15 GMT"
    answer = {
        "Body": io.BytesIO(b"{}"),
        "ETag": "1",
        "LastModified": written,
        "ResponseMetadata": {"HTTPHeaders": {"date": f"{date}, {date}"}},
    }
    s3 = SimpleNamespace(get_object=lambda **_: answer)
    assert ProjectBucket(s3, "ours", OWNER, "prod").read("a").age == 75


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
