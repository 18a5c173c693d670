"""S3: the site's bucket and its settings, and settings that nobody declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.infra.inventory.extra import Extra
from resumectl.infra.inventory.lookup import Account, Lookup, refused

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
    from resumectl.plan import Fields

_DENIED: Final = {"AccessDenied", "403"}


def _bucket(account: Account, fields: Fields) -> str | None:
    from botocore.exceptions import ClientError

    s3, name = account.client("s3"), str(fields["bucket"])
    owned = {"Bucket": name, "ExpectedBucketOwner": account.account}
    try:
        versioning = aws.found(s3.get_bucket_versioning, **owned)
    except ClientError as error:
        if aws.error_code(error) not in _DENIED:
            raise
        raise refused(
            f"The bucket {name} belongs to another account, or you have no access to it."
        ) from error
    if versioning is None:
        return None
    tagging = aws.found(s3.get_bucket_tagging, Bucket=name)
    if tagging is None and _empty(s3, name):
        return name
    return account.ours(name, tagging and tagging["TagSet"])


def _empty(s3: Client, bucket: str) -> bool:
    """Terraform tags a bucket after it created it: killed in between, it leaves an empty one."""
    first = s3.list_object_versions(Bucket=bucket, MaxKeys=1)
    return not first.get("Versions") and not first.get("DeleteMarkers")


def _part(operation: str, key: str) -> Lookup:
    """A setting of a bucket: it exists if the response of `operation` has something under `key`."""

    def find(account: Account, fields: Fields) -> str | None:
        bucket = str(fields["bucket"])
        response = aws.found(getattr(account.client("s3"), operation), Bucket=bucket)
        return bucket if response and response.get(key) else None

    return Lookup(find, ("bucket",), ("aws_s3_bucket", "bucket"))


LOOKUPS: Final = {
    "aws_s3_bucket": Lookup(_bucket, ("bucket",)),
    "aws_s3_bucket_lifecycle_configuration": _part("get_bucket_lifecycle_configuration", "Rules"),
    "aws_s3_bucket_ownership_controls": _part("get_bucket_ownership_controls", "OwnershipControls"),
    "aws_s3_bucket_policy": _part("get_bucket_policy", "Policy"),
    "aws_s3_bucket_public_access_block": _part(
        "get_public_access_block", "PublicAccessBlockConfiguration"
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _part(
        "get_bucket_encryption", "ServerSideEncryptionConfiguration"
    ),
    "aws_s3_bucket_versioning": _part("get_bucket_versioning", "Status"),
}


@dataclass(frozen=True)
class _Setting:
    """The operations that read and remove a setting of a bucket.

    Attributes:
        type: the Terraform resource that would declare it, without `aws_s3_bucket_`.
        empty: the argument of `remove` that must be empty, if S3 has no operation to delete it.
    """

    type: str
    read: str
    remove: str
    empty: str = ""


_SETTINGS: Final[Mapping[str, _Setting]] = {
    "website": _Setting("website_configuration", "get_bucket_website", "delete_bucket_website"),
    "cors": _Setting("cors_configuration", "get_bucket_cors", "delete_bucket_cors"),
    "lifecycle": _Setting(
        "lifecycle_configuration", "get_bucket_lifecycle_configuration", "delete_bucket_lifecycle"
    ),
    "replication": _Setting(
        "replication_configuration", "get_bucket_replication", "delete_bucket_replication"
    ),
    "logging": _Setting(
        "logging", "get_bucket_logging", "put_bucket_logging", "BucketLoggingStatus"
    ),
    "notification": _Setting(
        "notification",
        "get_bucket_notification_configuration",
        "put_bucket_notification_configuration",
        "NotificationConfiguration",
    ),
}


def _settings(s3: Client, state: State) -> Rows:
    types = {resource.type for resource in state.resources}
    for name, setting in _SETTINGS.items():
        if f"aws_s3_bucket_{setting.type}" not in types:
            response = aws.found(getattr(s3, setting.read), Bucket=state.outputs["site_bucket"])
            value: dict[str, Any] = {**(response or {})}
            value.pop("ResponseMetadata", None)
            if value:
                yield name, {"setting": name, "value": value}


def _remove_setting(s3: Client, state: State, fields: Fields) -> None:
    setting = _SETTINGS[fields["setting"]]
    empty: dict[str, Any] = {setting.empty: {}} if setting.empty else {}
    getattr(s3, setting.remove)(Bucket=state.outputs["site_bucket"], **empty)


EXTRAS: Final = (Extra("bucket", "s3", _settings, _remove_setting),)
