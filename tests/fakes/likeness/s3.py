"""S3: buckets, versions, conditions, owners, copies and pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.likeness.comparison import Step

BUCKET, OTHERS = "likeness-of-the-fake", "111122223333"


def _put(key: str, body: bytes, **more: Any) -> Step:
    name = f"put {key} {body.decode()} {more or ''}".strip()
    return name, lambda s3, _: s3.put_object(Bucket=BUCKET, Key=key, Body=body, **more)


def _s3(name: str, operation: str, **arguments: Any) -> Step:
    return name, lambda s3, _: getattr(s3, operation)(Bucket=BUCKET, **arguments)


def _using(name: str, operation: str, values: dict[str, str], **arguments: Any) -> Step:
    """A call with arguments that an earlier call answered, such as its ETag."""
    return name, lambda s3, known: getattr(s3, operation)(
        Bucket=BUCKET, **arguments, **{key: known[value] for key, value in values.items()}
    )


def _all(operation: str, size: int, **more: Any) -> Callable[[Any, dict[str, str]], Any]:
    """Every page of a list as one answer: its items, and how many pages there were."""

    def listed(s3: Any, _: dict[str, str]) -> Any:
        pages = s3.get_paginator(operation).paginate(
            Bucket=BUCKET, PaginationConfig={"PageSize": size}, **more
        )
        rows = list(pages)
        kinds = ("Contents", "Versions", "DeleteMarkers", "CommonPrefixes")
        return {kind: [item for page in rows for item in page.get(kind, ())] for kind in kinds} | {
            "pages": len(rows)
        }

    return listed


NEW, VERSIONED = {"IfNoneMatch": "*"}, {"Status": "Enabled"}
OTHER = '"0123456789abcdef0123456789abcdef"'
"""An ETag that no object has."""
PLACE = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-2"}}
BLOCK = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/*"}]})  # fmt: skip

BUCKETS: tuple[Step, ...] = (
    _s3("versioning of a bucket that does not exist", "get_bucket_versioning"),
    _s3("head a bucket that does not exist", "head_bucket"),
    _s3("read from a bucket that does not exist", "get_object", Key="a"),
    _s3("list a bucket that does not exist", "list_objects_v2"),
    _s3("create", "create_bucket", **PLACE),
    _s3("create again", "create_bucket", **PLACE),
    _s3("not versioned yet", "get_bucket_versioning"),
    _s3("no tags", "get_bucket_tagging"),
    _s3("no policy", "get_bucket_policy"),
    _s3("no lifecycle", "get_bucket_lifecycle_configuration"),
    _s3("no website", "get_bucket_website"),
    _s3("no CORS", "get_bucket_cors"),
    _s3("location", "get_bucket_location"),
    _s3("tag", "put_bucket_tagging", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}),
    _s3("tags", "get_bucket_tagging"),
    _s3("no notification", "get_bucket_notification_configuration"),
    _s3("no logging", "get_bucket_logging"),
    _s3("stop logging", "put_bucket_logging", BucketLoggingStatus={}),
    _s3("new buckets block", "get_public_access_block"),
    _s3("new buckets encrypt", "get_bucket_encryption"),
    _s3("new buckets own", "get_bucket_ownership_controls"),
    _s3("a public policy", "put_bucket_policy", Policy=POLICY),
    _s3("unblock", "delete_public_access_block"),
    _s3("not blocked", "get_public_access_block"),
    _s3("policy", "put_bucket_policy", Policy=POLICY),
    _s3("its policy", "get_bucket_policy"),
    _s3("delete the policy", "delete_bucket_policy"),
    _s3("no policy again", "get_bucket_policy"),
    _s3("block", "put_public_access_block", PublicAccessBlockConfiguration=BLOCK),
    _s3("blocked", "get_public_access_block"),
    _s3("encrypt", "put_bucket_encryption", ServerSideEncryptionConfiguration=ENCRYPTION),
    _put("a", b"x"),
    _s3("delete a bucket that is not empty", "delete_bucket"),
)
UNVERSIONED: tuple[Step, ...] = (
    _s3("create", "create_bucket", **PLACE),
    _put("a", b"one"),
    _put("a", b"two"),
    _s3("read", "get_object", Key="a"),
    _s3("versions", "list_object_versions"),
    _s3("delete", "delete_object", Key="a"),
    _s3("read what is deleted", "get_object", Key="a"),
    _s3("head what is deleted", "head_object", Key="a"),
    _s3("nothing is left", "list_object_versions"),
)
VERSIONS: tuple[Step, ...] = (
    _s3("create", "create_bucket", **PLACE),
    _put("a", b"before"),
    _s3("enable", "put_bucket_versioning", VersioningConfiguration=VERSIONED),
    _s3("enabled", "get_bucket_versioning"),
    _put("a", b"one"),
    _put("a", b"one", CacheControl="no-cache", ContentType="text/html"),
    _s3("head", "head_object", Key="a"),
    _put("b", b""),
    _using("an old version", "get_object", {"VersionId": "put a one VersionId"}, Key="a"),
    _s3("delete", "delete_object", Key="a"),
    _s3("gone", "get_object", Key="a"),
    _s3("gone for head", "head_object", Key="a"),
    _using("read the marker", "get_object", {"VersionId": "delete VersionId"}, Key="a"),
    _s3("listing", "list_objects_v2"),
    _s3("versions", "list_object_versions"),
    _using("delete the marker", "delete_object", {"VersionId": "delete VersionId"}, Key="a"),
    _s3("it is back", "get_object", Key="a"),
    _s3("the first byte of nothing", "get_object", Key="b", Range="bytes=0-0"),
    _s3("the first byte", "get_object", Key="a", Range="bytes=0-0"),
    _s3("delete two", "delete_objects", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]}),
    _s3("delete quietly", "delete_objects", Delete={"Objects": [{"Key": "a"}], "Quiet": True}),
    _s3("what is left", "list_object_versions"),
)
CONDITIONS: tuple[Step, ...] = (
    _s3("create", "create_bucket", **PLACE),
    _s3("enable", "put_bucket_versioning", VersioningConfiguration=VERSIONED),
    _put("lock", b"me", **NEW),
    _put("lock", b"you", **NEW),
    _using("write mine", "put_object", {"IfMatch": "put lock me {'IfNoneMatch': '*'} ETag"},
           Key="lock", Body=b"me again"),
    _using("write another's", "put_object", {"IfMatch": "put lock me {'IfNoneMatch': '*'} ETag"},
           Key="lock", Body=b"late"),
    _put("absent", b"x", IfMatch=OTHER),
    _using("delete another's", "delete_object",
           {"IfMatch": "put lock me {'IfNoneMatch': '*'} ETag"}, Key="lock"),
    _using("delete mine", "delete_object", {"IfMatch": "write mine ETag"}, Key="lock"),
    _put("lock", b"new", **NEW),
    _put("same", b"same"),
    _put("same", b"same", CacheControl="x"),
    _s3("delete one that is not that", "delete_objects",
        Delete={"Objects": [{"Key": "same", "ETag": OTHER}]}),
    _s3("delete one that is that", "delete_objects",
        Delete={"Objects": [{"Key": "same", "ETag": "51037a4a37730f52c8732586d3aaa316"}]}),
    _s3("delete it again", "delete_objects",
        Delete={"Objects": [{"Key": "same", "ETag": "51037a4a37730f52c8732586d3aaa316"}]}),
    _s3("delete the deleted", "delete_object", Key="same",
        IfMatch="51037a4a37730f52c8732586d3aaa316"),
)  # fmt: skip
OWNERS: tuple[Step, ...] = (
    _s3("create", "create_bucket", **PLACE),
    _put("a", b"x"),
    _s3("read another's", "get_object", Key="a", ExpectedBucketOwner=OTHERS),
    _s3("write another's", "put_object", Key="a", Body=b"y", ExpectedBucketOwner=OTHERS),
    _s3("list another's", "list_objects_v2", ExpectedBucketOwner=OTHERS),
    _s3("versioning of another's", "get_bucket_versioning", ExpectedBucketOwner=OTHERS),
    _s3("delete another's", "delete_object", Key="a", ExpectedBucketOwner=OTHERS),
    _s3("it was not changed", "get_object", Key="a"),
)
COPIES: tuple[Step, ...] = (
    _s3("create", "create_bucket", **PLACE),
    _s3("enable", "put_bucket_versioning", VersioningConfiguration=VERSIONED),
    _put("a", b"one", ContentType="text/html", CacheControl="no-cache"),
    _put("a", b"two", ContentType="text/css"),
    _s3("with other headers", "copy_object", Key="a", CopySource={"Bucket": BUCKET, "Key": "a"},
        MetadataDirective="REPLACE", ContentType="text/plain", ChecksumAlgorithm="SHA256"),
    _s3("its headers", "head_object", Key="a", ChecksumMode="ENABLED"),
    ("an old version", lambda s3, known: s3.copy_object(
        Bucket=BUCKET, Key="a", CopySource={
            "Bucket": BUCKET, "Key": "a",
            "VersionId": known["put a one {'ContentType': 'text/html', 'CacheControl': 'no-cache'} "
                               "VersionId"]})),
    _s3("is back with its headers", "head_object", Key="a"),
    _s3("onto what is there", "copy_object", Key="a", CopySource={"Bucket": BUCKET, "Key": "a"},
        MetadataDirective="REPLACE", **NEW),
    _s3("onto what is not that", "copy_object", Key="a", CopySource={"Bucket": BUCKET, "Key": "a"},
        MetadataDirective="REPLACE", IfMatch=OTHER),
    _s3("onto nothing", "copy_object", Key="c", CopySource={"Bucket": BUCKET, "Key": "a"},
        IfMatch=OTHER),
    _s3("it was not changed", "head_object", Key="a"),
    _s3("onto itself", "copy_object", Key="a", CopySource={"Bucket": BUCKET, "Key": "a"}),
    _s3("from nothing", "copy_object", Key="b", CopySource={"Bucket": BUCKET, "Key": "none"}),
)  # fmt: skip
PAGES: tuple[Step, ...] = (
    _s3("create", "create_bucket", **PLACE),
    _s3("enable", "put_bucket_versioning", VersioningConfiguration=VERSIONED),
    *(_put(f"{folder}/{number}", b"x") for folder in ("a", "b") for number in range(3)),
    _put("a/1", b"y"),
    _put("ä", b"z"),
    _s3("delete", "delete_object", Key="b/0"),
    ("objects", _all("list_objects_v2", 2)),
    ("objects of a folder", _all("list_objects_v2", 2, Prefix="a/")),
    ("folders", _all("list_objects_v2", 1000, Delimiter="/")),
    ("versions", _all("list_object_versions", 3)),
    ("versions of a folder", _all("list_object_versions", 1000, Prefix="b/")),
)
S3_SEQUENCES = {
    "buckets": BUCKETS,
    "unversioned": UNVERSIONED,
    "versions": VERSIONS,
    "conditions": CONDITIONS,
    "owners": OWNERS,
    "copies": COPIES,
    "pages": PAGES,
}
