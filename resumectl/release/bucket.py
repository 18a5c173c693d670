"""The project bucket: one per project, account and region.

It holds Terraform's state, the ledger, the locks and what releases were made of. S3's conditional
writes decide every race. Every request names the account that must own it, so that a bucket of the
same name in another account is never trusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws, responses

if TYPE_CHECKING:
    from resumectl.aws import Client

NEW: Final = {"IfNoneMatch": "*"}
"""The condition that there is no such object yet."""

UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError)
"""What reading a document raises that is damaged, or that a newer resumectl wrote."""

_CONFLICTS: Final = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")
_PRIVATE: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
# A lock is rewritten again and again while it is held; only its last version matters.
_LIFECYCLE: Final = {
    "ID": "expire-old-locks",
    "Status": "Enabled",
    "Filter": {"Prefix": "locks/"},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
}


@dataclass(frozen=True)
class Stored:
    """An object as it was read; `age` is seconds since it was written, by S3's own clock."""

    body: bytes
    etag: str
    age: float


def bucket_name(project: str, account: str, region: str) -> str:
    """The bucket's name: unique on AWS, the same on every machine (at most 63 characters)."""
    return f"{project}-resumectl-{account}-{region}"


class ProjectBucket:
    """The project bucket, as one environment uses it.

    Args:
        s3: a boto3 S3 client.
        name: the bucket's name.
        owner: the 12-digit account that must own it.
        env: the environment's name; each has its own keys.
    """

    def __init__(self, s3: Client, name: str, owner: str, env: str) -> None:
        self.s3 = s3
        self.name = name
        self.env = env
        self._owner = owner
        self._ready = False

    def read(self, key: str, version: str | None = None) -> Stored | None:
        """The object, or None if there is none, or no bucket."""
        exactly = {"VersionId": version} if version else {}

        def get() -> tuple[dict[str, Any], bytes]:
            response = self.s3.get_object(**self._at(key), **exactly)
            return response, response["Body"].read()

        answer = aws.found(responses.repeated, read=get)
        if answer is None:
            return None
        response, body = answer
        date = response["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(date) if date else response["LastModified"]
        age = (now - response["LastModified"]).total_seconds()
        return Stored(body, response["ETag"], max(0.0, age))

    def write(
        self, key: str, body: bytes, kind: str = "application/json", **condition: str
    ) -> str | None:
        """Write the object; returns its ETag, or None if the condition does not hold.

        A lost response looks like a failed condition; callers that care re-read the object.
        """
        from botocore.exceptions import ClientError

        try:
            response = self.s3.put_object(**self._at(key), Body=body, ContentType=kind, **condition)
        except ClientError as error:
            if condition and aws.error_code(error) in _CONFLICTS:
                return None
            raise
        return str(response["ETag"])

    def delete(self, key: str, etag: str | None = None) -> bool:
        """Delete the object, if it still has that ETag; returns whether it did."""
        from botocore.exceptions import ClientError

        condition = {"IfMatch": etag} if etag else {}
        try:
            self.s3.delete_object(**self._at(key), **condition)
        except ClientError as error:
            if condition and aws.error_code(error) in _CONFLICTS:
                return False
            raise
        return True

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`, sorted; none if there is no bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(**self._here(), Prefix=prefix)
        listed = aws.found(
            lambda: [row["Key"] for page in pages for row in page.get("Contents", ())]
        )
        return listed or []

    def versions(self, key: str) -> Iterator[str]:
        """The version ids of an object, the newest first; deletions are left out."""
        pages = self.s3.get_paginator("list_object_versions").paginate(**self._here(), Prefix=key)
        for row in (row for page in pages for row in page.get("Versions", ())):
            if row["Key"] == key:
                yield str(row["VersionId"])

    def restore(self, key: str, version: str) -> None:
        """Make an old version of an object the current one again."""
        source = {"Bucket": self.name, "Key": key, "VersionId": version}
        expected = {"ExpectedSourceBucketOwner": self._owner}
        self.s3.copy_object(**self._at(key), CopySource=source, **expected)

    def exists(self) -> bool:
        """Whether the bucket is there and completely set up: versioning is switched on last.

        A bucket that this object has made or seen stays known: right after S3 made it, reads may
        say that it does not exist, or that it is not versioned.
        """
        if not self._ready:
            versioning = aws.found(self.s3.get_bucket_versioning, **self._here())
            self._ready = versioning is not None and versioning.get("Status") == "Enabled"
        return self._ready

    def ensure(self, region: str) -> bool:
        """Make the bucket if it is missing or half made: private, encrypted, TLS only, versioned.

        Returns:
            Whether anything had to be done.
        """
        if self.exists():
            return False
        self._create(region)
        here, encryption = self._here(), {"SSEAlgorithm": "AES256"}
        self.s3.put_public_access_block(**here, PublicAccessBlockConfiguration=_PRIVATE)
        rules = [{"ApplyServerSideEncryptionByDefault": encryption}]
        self.s3.put_bucket_encryption(**here, ServerSideEncryptionConfiguration={"Rules": rules})
        if self.s3.meta.endpoint_url.startswith("https:"):
            self.s3.put_bucket_policy(**here, Policy=_tls_only(self.name))
        self.s3.put_bucket_lifecycle_configuration(
            **here, LifecycleConfiguration={"Rules": [_LIFECYCLE]}
        )
        self.s3.put_bucket_versioning(**here, VersioningConfiguration={"Status": "Enabled"})
        self._ready = True
        return True

    def _create(self, region: str) -> None:
        from botocore.exceptions import ClientError

        place: dict[str, Any] = {}
        if region != "us-east-1":  # S3 refuses it as a location
            place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            self.s3.create_bucket(Bucket=self.name, **place)
        except ClientError as error:
            if aws.error_code(error) != "BucketAlreadyOwnedByYou":
                raise

    def _here(self) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": self._owner}

    def _at(self, key: str) -> dict[str, str]:
        return {**self._here(), "Key": key}


def _tls_only(bucket: str) -> str:
    statement = {
        "Sid": "TLSOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
