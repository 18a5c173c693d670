"""A bucket's settings: versioning, and those whose absence is an error of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.bucket import DEFAULTS
from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.bucket import Bucket


_ENCRYPTION = "ServerSideEncryptionConfiguration"
"""The one setting that a deletion brings back to its default."""


class BucketSettings:
    """Reads and writes of settings; the object itself comes from `bucket`."""

    def bucket(self, name: str, owner: str | None = None) -> Bucket:
        raise NotImplementedError

    def get_bucket_location(self, Bucket: str, ExpectedBucketOwner: str | None = None) -> Any:
        region = self.bucket(Bucket, ExpectedBucketOwner).region
        return {"LocationConstraint": None if region == "us-east-1" else region}

    def get_bucket_versioning(self, Bucket: str, ExpectedBucketOwner: str | None = None) -> Any:
        status = self.bucket(Bucket, ExpectedBucketOwner).shown_versioning()
        return {"Status": status} if status else {}

    def put_bucket_versioning(
        self, Bucket: str, VersioningConfiguration: Any, ExpectedBucketOwner: str | None = None
    ) -> None:
        self.bucket(Bucket, ExpectedBucketOwner).set_versioning(VersioningConfiguration["Status"])

    def get_bucket_policy_status(self, Bucket: str, ExpectedBucketOwner: str | None = None) -> Any:
        policy = self.get_bucket_policy(Bucket, ExpectedBucketOwner)["Policy"]
        return {"PolicyStatus": {"IsPublic": _is_public(policy)}}

    def put_bucket_policy(
        self, Bucket: str, Policy: str, ExpectedBucketOwner: str | None = None
    ) -> None:
        settings = self.bucket(Bucket, ExpectedBucketOwner).settings
        blocked = settings.get("PublicAccessBlockConfiguration", {}).get("BlockPublicPolicy")
        if blocked and _is_public(Policy):
            raise Refusal("AccessDenied", "public policies are prevented by BlockPublicPolicy")
        settings["Policy"] = Policy

    def get_bucket_policy(self, Bucket: str, ExpectedBucketOwner: str | None = None) -> Any:
        return self._setting(Bucket, ExpectedBucketOwner, "Policy", "NoSuchBucketPolicy")

    def _setting(self, name: str, owner: str | None, key: str, absent: str) -> dict[str, Any]:
        settings = self.bucket(name, owner).settings
        if key not in settings:
            raise Refusal(absent, "The configuration does not exist", BucketName=name)
        return {key: settings[key]}


def _is_public(policy: str) -> bool:
    """Whether it allows something to everybody."""
    return any(
        row["Effect"] == "Allow"
        and row["Principal"] in ("*", {"AWS": "*"})
        and "Condition" not in row
        for row in json.loads(policy)["Statement"]
    )


def _reads(key: str, absent: str) -> Any:
    def read(self: BucketSettings, Bucket: str, ExpectedBucketOwner: str | None = None) -> Any:
        return self._setting(Bucket, ExpectedBucketOwner, key, absent)

    return read


def _lists(key: str) -> Any:
    """A setting that is empty rather than absent."""

    def read(self: BucketSettings, Bucket: str, ExpectedBucketOwner: str | None = None) -> Any:
        settings = self.bucket(Bucket, ExpectedBucketOwner).settings
        return {key: settings[key]} if key in settings else {}

    return read


def _writes(parameter: str, key: str | None = None) -> Any:
    """A write whose `parameter` is the setting, or holds it under `key`; empty removes it."""

    def write(self: BucketSettings, Bucket: str, **given: Any) -> None:
        settings = self.bucket(Bucket, given.get("ExpectedBucketOwner")).settings
        value = given[parameter].get(key) if key else given[parameter]
        settings.pop(key or parameter, None)
        if value:
            settings[key or parameter] = value

    return write


def _members(key: str, default: Any = None) -> Any:
    """A setting that is read without its own name around it."""

    def read(self: BucketSettings, Bucket: str, ExpectedBucketOwner: str | None = None) -> Any:
        return dict(self.bucket(Bucket, ExpectedBucketOwner).settings.get(key, default or {}))

    return read


def _deletes(key: str) -> Any:
    def delete(self: BucketSettings, Bucket: str, ExpectedBucketOwner: str | None = None) -> None:
        self.bucket(Bucket, ExpectedBucketOwner).settings.pop(key, None)

    def encrypt(self: BucketSettings, Bucket: str, ExpectedBucketOwner: str | None = None) -> None:
        self.bucket(Bucket, ExpectedBucketOwner).settings[key] = DEFAULTS[key]

    return encrypt if key == _ENCRYPTION else delete


_SETTINGS = {
    "bucket_policy": (None, None, _deletes("Policy")),
    "bucket_tagging": (
        _reads("TagSet", "NoSuchTagSet"),
        _writes("Tagging", "TagSet"),
        _deletes("TagSet"),
    ),
    "public_access_block": (
        _reads("PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration"),
        _writes("PublicAccessBlockConfiguration"),
        _deletes("PublicAccessBlockConfiguration"),
    ),
    "bucket_encryption": (
        _reads(_ENCRYPTION, "ServerSideEncryptionConfigurationNotFoundError"),
        _writes(_ENCRYPTION),
        _deletes(_ENCRYPTION),
    ),
    "bucket_lifecycle_configuration": (
        _reads("Rules", "NoSuchLifecycleConfiguration"),
        _writes("LifecycleConfiguration", "Rules"),
        None,
    ),
    "bucket_lifecycle": (None, None, _deletes("Rules")),
    "bucket_ownership_controls": (
        _reads("OwnershipControls", "OwnershipControlsNotFoundError"),
        _writes("OwnershipControls"),
        _deletes("OwnershipControls"),
    ),
    "bucket_cors": (
        _reads("CORSRules", "NoSuchCORSConfiguration"),
        _writes("CORSConfiguration", "CORSRules"),
        _deletes("CORSRules"),
    ),
    "bucket_website": (
        _reads("IndexDocument", "NoSuchWebsiteConfiguration"),
        _writes("WebsiteConfiguration", "IndexDocument"),
        _deletes("IndexDocument"),
    ),
    "bucket_replication": (
        _reads("ReplicationConfiguration", "ReplicationConfigurationNotFoundError"),
        _writes("ReplicationConfiguration"),
        _deletes("ReplicationConfiguration"),
    ),
    "bucket_notification_configuration": (
        _members("NotificationConfiguration"),
        _writes("NotificationConfiguration"),
        None,
    ),
    "bucket_request_payment": (
        _members("RequestPaymentConfiguration", {"Payer": "BucketOwner"}),
        _writes("RequestPaymentConfiguration"),
        None,
    ),
    "bucket_accelerate_configuration": (
        _members("AccelerateConfiguration"),
        _writes("AccelerateConfiguration"),
        None,
    ),
    "bucket_logging": (
        _lists("LoggingEnabled"),
        _writes("BucketLoggingStatus", "LoggingEnabled"),
        None,
    ),
}
for _name, _operations in _SETTINGS.items():
    for _verb, _operation in zip(("get", "put", "delete"), _operations, strict=True):
        if _operation is not None:
            setattr(BucketSettings, f"{_verb}_{_name}", _operation)
