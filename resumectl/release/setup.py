"""Making a project bucket: private, encrypted, for TLS only, versioned. Or it is another's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.errors import CloudError, Refused

if TYPE_CHECKING:
    from resumectl.aws import Client

_PRIVATE: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_RULE: Final = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
# A lock is rewritten again and again while it is held; only its last version matters.
_LIFECYCLE: Final = {
    "ID": "expire-old-locks",
    "Status": "Enabled",
    "Filter": {"Prefix": "locks/"},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
}


@dataclass
class Facts:
    """What is known of a bucket. It can only become more.

    Attributes:
        proven: it belongs to this project, or there is no bucket yet.
        known: it exists.
        ready: it is set up.
        made: this process set it up.
        is_settling: it is so new that a read may miss an object.
        claim_etag: the ETag of its `project.json`.
        proof: held while it is proven.
    """

    proven: bool = False
    known: bool = False
    ready: bool = False
    made: bool = False
    is_settling: bool = False
    claim_etag: str = ""
    proof: threading.RLock = field(default_factory=threading.RLock)


def create(s3: Client, bucket: str, region: str) -> None:
    """Create the bucket, unless this account has it already.

    Raises:
        Refused: another account has a bucket of that name.
    """
    from botocore.exceptions import ClientError

    place: dict[str, Any] = {}
    if region != "us-east-1":  # S3 refuses it as a location
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except ClientError as error:
        if aws.error_code(error) == "BucketAlreadyExists":
            raise Refused(
                f"The bucket {bucket} belongs to another AWS account.",
                hint="Nothing was changed. Choose another name under [project] in resumectl.toml.",
                code="bucket-taken",
            ) from error
        if aws.error_code(error) != "BucketAlreadyOwnedByYou":
            raise


def complete(s3: Client, send: Callable[..., Any], here: Mapping[str, str]) -> None:
    """Set up the bucket. It is versioned last: that says that the rest is done.

    Args:
        s3: a boto3 S3 client.
        send: makes a request, and makes it again while S3 does not see the bucket yet.
        here: the bucket, and the account that must own it.
    """
    send(s3.put_public_access_block, **here, PublicAccessBlockConfiguration=_PRIVATE)
    send(s3.put_bucket_encryption, **here, ServerSideEncryptionConfiguration={"Rules": [_RULE]})
    if s3.meta.endpoint_url.startswith("https:"):
        send(s3.put_bucket_policy, **here, Policy=_tls_only(here["Bucket"]))
    expiry = {"Rules": [_LIFECYCLE]}
    send(s3.put_bucket_lifecycle_configuration, **here, LifecycleConfiguration=expiry)
    send(s3.put_bucket_versioning, **here, VersioningConfiguration={"Status": "Enabled"})


@contextmanager
def explained(bucket: str) -> Iterator[None]:
    """Explain a denied request: S3 does not say that a bucket belongs to another account."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if aws.error_code(error) not in ("AccessDenied", "403"):
            raise
        reason = error.response["Error"].get("Message", "")
        raise CloudError(
            f"S3 denied access to the project bucket {bucket}: it belongs to another AWS account,"
            f" or these credentials may not read it.\n{reason}",
            hint="Grant s3:GetObject and s3:ListBucket on it (docs/permissions.md). If another"
            " account has it, choose another name under [project] in resumectl.toml.",
            code="access-denied",
        ) from error


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
