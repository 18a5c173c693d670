"""S3 in memory: versions, conditional writes and listings as resumectl uses them, thousands of calls a second."""

from __future__ import annotations

import hashlib
import io
import itertools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

from tests.fakes.errors import aws_error

HEADERS = ("ContentType", "CacheControl")


@dataclass
class Version:
    """One version of an object; without a body it marks a deletion."""

    id: str
    body: bytes | None
    headers: dict[str, str] = field(default_factory=dict)
    checksum: str | None = None
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5((self.body or b"") + self.id.encode()).hexdigest()}"'


class MemoryS3:
    """Buckets by name; of each object its versions, the newest first."""

    def __init__(self) -> None:
        self._buckets: dict[str, dict[str, list[Version]]] = {}
        self._versioned: set[str] = set()
        self._ids, self._lock = itertools.count(1), threading.RLock()
        events = SimpleNamespace(register=lambda *_: None, unregister=lambda *_: None)
        self.meta = SimpleNamespace(
            events=events, endpoint_url="https://s3.eu-west-2.amazonaws.com"
        )

    def has(self, bucket: str) -> bool:
        return bucket in self._buckets

    def forget(self, bucket: str, key: str) -> None:
        """Delete an object with all of its versions."""
        self._bucket(bucket).pop(key, None)

    # --- buckets

    def create_bucket(self, Bucket: str, CreateBucketConfiguration: Any = None) -> None:
        if Bucket in self._buckets:
            raise aws_error("BucketAlreadyOwnedByYou")
        self._buckets[Bucket] = {}

    def get_bucket_versioning(
        self, Bucket: str, ExpectedBucketOwner: str | None = None
    ) -> dict[str, str]:
        self._bucket(Bucket)
        return {"Status": "Enabled"} if Bucket in self._versioned else {}

    def put_bucket_versioning(self, Bucket: str, VersioningConfiguration: Any) -> None:
        self._bucket(Bucket)
        self._versioned.add(Bucket)

    def get_bucket_tagging(self, Bucket: str) -> None:
        raise aws_error("NoSuchTagSet")

    def put_public_access_block(self, Bucket: str, **_: Any) -> None:
        self._bucket(Bucket)

    put_bucket_encryption = put_bucket_policy = put_bucket_lifecycle_configuration = (
        put_public_access_block
    )

    # --- objects

    def put_object(self, Bucket: str, Key: str, Body: Any, **given: Any) -> dict[str, str]:
        body = Body if isinstance(Body, bytes) else Body.read()
        with self._lock:
            self._refuse(Bucket, Key, given)
            headers = {name: given[name] for name in HEADERS if name in given}
            made = self._add(Bucket, Key, body, headers, given.get("ChecksumSHA256"))
        return {"ETag": made.etag, "VersionId": made.id}

    def get_object(
        self, Bucket: str, Key: str, VersionId: str | None = None, **_: Any
    ) -> dict[str, Any]:
        found = self._find(Bucket, Key, VersionId)
        return {**self._described(found), "Body": io.BytesIO(found.body or b"")}

    def head_object(self, Bucket: str, Key: str, **_: Any) -> dict[str, Any]:
        return self._described(self._find(Bucket, Key))

    def copy_object(
        self, Bucket: str, Key: str, CopySource: dict[str, str], **given: Any
    ) -> dict[str, Any]:
        source = self._find(CopySource["Bucket"], CopySource["Key"], CopySource.get("VersionId"))
        headers = {name: given[name] for name in HEADERS if name in given} or source.headers
        made = self._add(Bucket, Key, source.body, headers, source.checksum)
        return {"VersionId": made.id, "CopyObjectResult": {"ChecksumSHA256": made.checksum}}

    def delete_object(self, Bucket: str, Key: str, **given: Any) -> dict[str, str]:
        with self._lock:
            self._refuse(Bucket, Key, given)
            self._add(Bucket, Key, None)
        return {}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:
        for item in Delete["Objects"]:
            self._add(Bucket, item["Key"], None)
        return {}

    # --- lists

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **given: [getattr(self, operation)(**given)])

    def list_objects_v2(self, Bucket: str, Prefix: str = "") -> dict[str, Any]:
        served = (
            key for key, found in sorted(self._bucket(Bucket).items()) if found[0].body is not None
        )
        return {"Contents": [{"Key": key} for key in served if key.startswith(Prefix)]}

    def list_object_versions(self, Bucket: str, Prefix: str = "", **_: Any) -> dict[str, Any]:
        rows = [
            {"Key": key, "VersionId": version.id, "IsLatest": version is found[0]}
            for key, found in sorted(self._bucket(Bucket).items())
            for version in found
            if key.startswith(Prefix) and version.body is not None
        ]
        return {"Versions": rows, "IsTruncated": False}

    # ---

    def _bucket(self, name: str) -> dict[str, list[Version]]:
        if name not in self._buckets:
            raise aws_error("NoSuchBucket")
        return self._buckets[name]

    def _find(self, bucket: str, key: str, version: str | None = None) -> Version:
        found = self._bucket(bucket).get(key, [])
        match = [item for item in found if item.id == version] if version else found[:1]
        if not match or match[0].body is None:
            raise aws_error("NoSuchVersion" if version else "NoSuchKey")
        return match[0]

    def _described(self, found: Version) -> dict[str, Any]:
        now = {"HTTPHeaders": {"date": format_datetime(datetime.now(UTC), usegmt=True)}}
        known = {
            "ETag": found.etag,
            "VersionId": found.id,
            "LastModified": found.time,
            "ResponseMetadata": now,
        }
        return {
            **known,
            **found.headers,
            "ContentLength": len(found.body or b""),
            "ChecksumSHA256": found.checksum,
        }

    def _refuse(self, bucket: str, key: str, given: dict[str, Any]) -> None:
        """If-None-Match: * and If-Match, as S3 decides them."""
        found = self._bucket(bucket).get(key, [])
        current = found[0] if found and found[0].body is not None else None
        if given.get("IfNoneMatch") and current:
            raise aws_error("PreconditionFailed")
        if given.get("IfMatch") and (current is None or current.etag != given["IfMatch"]):
            raise aws_error("PreconditionFailed" if current else "NoSuchKey")

    def _add(
        self,
        bucket: str,
        key: str,
        body: bytes | None,
        headers: Any = None,
        checksum: str | None = None,
    ) -> Version:
        with self._lock:
            made = Version(f"v{next(self._ids):06d}", body, headers or {}, checksum)
            self._bucket(bucket).setdefault(key, []).insert(0, made)
            return made
