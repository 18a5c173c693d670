"""A bucket in memory that behaves, and fails, as S3 does."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

from botocore.exceptions import ClientError

from tests.fakes.errors import aws_error

WRITTEN = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HEADERS = (
    "ContentType",
    "CacheControl",
    "ContentEncoding",
    "ContentDisposition",
    "Metadata",
    "WebsiteRedirectLocation",
)


def sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@dataclass
class Version:
    id: str
    data: bytes | None  # None: a delete marker
    headers: dict = field(default_factory=dict)
    checksum: str | None = None


class FakeS3:
    """One bucket.

    Attributes:
        fail_at: (operation, key) -> the error code of the response; for a deletion, a list of the
            codes of its attempts.
        calls: (operation, key) of every call, in the order in which they started.
        before: called with (operation, key) before each call.
    """

    def __init__(self, *, page=1000, versioned=True, exists=True):
        self.page, self.versioned, self.exists = page, versioned, exists
        self.objects, self.fail_at, self.calls = {}, {}, []
        self.before = lambda operation, key: None
        self.meta = SimpleNamespace(
            events=SimpleNamespace(register=self._ignore, unregister=self._ignore)
        )
        self._ids, self._lock = itertools.count(1), threading.Lock()

    def _ignore(self, *_):
        pass

    def _begin(self, operation, key=None):
        with self._lock:
            self.calls.append((operation, key))
        self.before(operation, key)
        if not self.exists:
            raise aws_error("NoSuchBucket", operation, 404)
        if isinstance(code := self.fail_at.get((operation, key)), str):
            raise aws_error(code, operation, 500)

    def _add(self, key, data, headers=None, checksum=None):
        with self._lock:
            version = Version(
                f"v{next(self._ids):06d}" if self.versioned else "null",
                data,
                headers or {},
                checksum,
            )
            old = self.objects.get(key, []) if self.versioned else []
            self.objects[key] = [version, *old]
            return version

    def _find(self, key, version_id=None, operation="GetObject"):
        versions = self.objects.get(key, [])
        version = next((each for each in versions if version_id in (None, each.id)), None)
        if version is None or version.data is None:
            raise aws_error("NoSuchVersion" if version_id else "NoSuchKey", operation, 404)
        return version

    def put_object(self, *, Bucket, Key, Body, **given):
        self._begin("put_object", Key)
        data = Body if isinstance(Body, bytes) else Body.read()
        if given.get("ChecksumSHA256") not in (None, sha256(data)):
            raise aws_error("BadDigest", "PutObject")
        headers = {
            "ContentType": "binary/octet-stream",
            **{h: given[h] for h in HEADERS if h in given},
        }
        return {"VersionId": self._add(Key, data, headers, given.get("ChecksumSHA256")).id}

    def copy_object(self, *, Bucket, Key, CopySource, MetadataDirective, **given):
        self._begin("copy_object", Key)
        source = self._find(CopySource["Key"], CopySource.get("VersionId"), "CopyObject")
        headers = (
            {h: given[h] for h in HEADERS if h in given}
            if MetadataDirective == "REPLACE"
            else source.headers
        )
        copy = self._add(Key, source.data, headers, sha256(source.data))
        return {"VersionId": copy.id, "CopyObjectResult": {"ChecksumSHA256": copy.checksum}}

    def head_object(self, *, Bucket, Key, ChecksumMode="DISABLED"):
        self._begin("head_object", Key)
        try:
            version = self._find(Key)
        except ClientError:
            raise aws_error("404", "HeadObject", 404) from None
        shown = {
            **version.headers,
            "ContentLength": len(version.data),
            "VersionId": version.id,
            "LastModified": WRITTEN,
        }
        return {
            **shown,
            **(
                {"ChecksumSHA256": version.checksum}
                if ChecksumMode == "ENABLED" and version.checksum
                else {}
            ),
        }

    def get_object(self, *, Bucket, Key, VersionId=None, Range=None):
        self._begin("get_object", Key)
        data = self._find(Key, VersionId).data
        if Range and not data:
            raise aws_error("InvalidRange", "GetObject", 416)
        return {"Body": Streamed(data[:1] if Range else data)}

    def delete_objects(self, *, Bucket, Delete):
        keys = [entry["Key"] for entry in Delete["Objects"]]
        assert len(keys) <= 1000
        self._begin("delete_objects", tuple(keys))
        errors = []
        for key in keys:
            codes = self.fail_at.get(("delete_objects", key), [])
            if codes:
                errors.append({"Key": key, "Code": codes.pop(0), "Message": ""})
            else:
                self._add(key, None)
        return {"Errors": errors} if errors else {}

    def list_object_versions(self, *, Bucket, MaxKeys, KeyMarker="", VersionIdMarker=None):
        self._begin("list_object_versions", KeyMarker or None)
        flat = [
            (key, v, v is versions[0])
            for key, versions in sorted(self.objects.items())
            for v in versions
        ]
        start = 0
        while start < len(flat) and (
            flat[start][0] < KeyMarker or (flat[start][0] == KeyMarker and VersionIdMarker is None)
        ):
            start += 1
        if VersionIdMarker is not None:
            start = (
                next(
                    i
                    for i, (key, v, _) in enumerate(flat)
                    if (key, v.id) == (KeyMarker, VersionIdMarker)
                )
                + 1
            )
        shown, rest = (
            flat[start : start + min(self.page, MaxKeys)],
            flat[start + min(self.page, MaxKeys) :],
        )
        entry = [
            {"Key": key, "VersionId": v.id, "IsLatest": latest}
            for key, v, latest in shown
            if v.data is not None
        ]
        response = (
            {"Versions": entry, "IsTruncated": bool(rest)} if entry else {"IsTruncated": bool(rest)}
        )
        if rest:
            response |= {"NextKeyMarker": shown[-1][0], "NextVersionIdMarker": shown[-1][1].id}
        return response


class Streamed(io.BytesIO):
    def iter_chunks(self, size):
        return iter(lambda: self.read(size), b"")
