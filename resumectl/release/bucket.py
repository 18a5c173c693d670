"""The project bucket: one per project, account and region. It holds Terraform's state, the ledger, the locks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from resumectl import aws

if TYPE_CHECKING:
    from resumectl.aws import Client


def name(project: str, account_id: str, region: str) -> str:
    """The bucket's name: unique on AWS, the same on every machine (at most 63 characters)."""
    return f"{project}-resumectl-{account_id}-{region}"


def exists(s3: Client, bucket: str) -> bool:
    """Whether the bucket is there and completely set up: versioning is switched on last."""
    from botocore.exceptions import ClientError

    try:
        return bool(s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled")
    except ClientError as error:
        if aws.error_code(error) == "NoSuchBucket":
            return False
        raise


def ensure(s3: Client, bucket: str, region: str) -> bool:
    """Make the bucket if it is missing or half made: private, encrypted, TLS only, versioned.

    Returns:
        Whether anything had to be done.
    """
    if exists(s3, bucket):
        return False
    _create(s3, bucket, region)
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=encryption)
    if s3.meta.endpoint_url.startswith("https:"):
        s3.put_bucket_policy(Bucket=bucket, Policy=_tls_only(bucket))
    # A lock is written again and again while it is held; only the last word counts.
    forget = {
        "ID": "forget-old-locks",
        "Status": "Enabled",
        "Filter": {"Prefix": "locks/"},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [forget]})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return True


def _create(s3: Client, bucket: str, region: str) -> None:
    from botocore.exceptions import ClientError

    where = (
        {}
        if region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    )
    try:
        s3.create_bucket(Bucket=bucket, **where)
    except ClientError as error:
        if aws.error_code(error) != "BucketAlreadyOwnedByYou":
            raise


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
