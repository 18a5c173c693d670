"""S3's lists: objects and versions, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.aws.bucket import Bucket, Version
    from tests.fakes.aws.world import Aws


class Listing:
    """Lists of one account. A page holds at most `Aws.page` items."""

    _aws: Aws

    def bucket(self, name: str, owner: str | None = None) -> Bucket:
        raise NotImplementedError

    def list_objects_v2(
        self, Bucket: str, Prefix: str = "", Delimiter: str = "", MaxKeys: int = 1000, **given: Any
    ) -> dict[str, Any]:
        bucket = self.bucket(Bucket, given.get("ExpectedBucketOwner"))
        after = given.get("ContinuationToken") or given.get("StartAfter") or ""
        limit = min(MaxKeys, self._aws.page)
        rows, rest = [], False
        for name, version in _grouped(bucket, Prefix, Delimiter):
            if name <= after or (Delimiter and after.startswith(name)):
                continue
            if len(rows) == limit:
                rest = True
                break
            rows.append((name, version))
        contents = [_object(key, version) for key, version in rows if version]
        folders = [{"Prefix": name} for name, version in rows if version is None]
        shown: dict[str, Any] = {
            "Name": Bucket,
            "Prefix": Prefix,
            "MaxKeys": MaxKeys,
            "KeyCount": len(rows),
            "IsTruncated": rest,
        }
        shown |= {"Contents": contents} if contents else {}
        shown |= {"CommonPrefixes": folders} if folders else {}
        return shown | ({"NextContinuationToken": rows[-1][0]} if rest and rows else {})

    def list_object_versions(
        self, Bucket: str, Prefix: str = "", MaxKeys: int = 1000, **given: Any
    ) -> dict[str, Any]:
        bucket = self.bucket(Bucket, given.get("ExpectedBucketOwner"))
        key_marker, id_marker = given.get("KeyMarker", ""), given.get("VersionIdMarker")
        limit = min(MaxKeys, self._aws.page)
        left = list(_after(bucket, Prefix, key_marker, id_marker))
        page, rest = left[:limit], len(left) > limit
        versions = [_version(*row) for row in page if not row[1].is_marker]
        markers = [_marker(*row) for row in page if row[1].is_marker]
        shown: dict[str, Any] = {
            "Name": Bucket,
            "Prefix": Prefix,
            "KeyMarker": key_marker,
            "MaxKeys": MaxKeys,
            "IsTruncated": rest,
        }
        shown |= {"Versions": versions} if versions else {}
        shown |= {"DeleteMarkers": markers} if markers else {}
        if rest and page:
            shown |= {"NextKeyMarker": page[-1][0], "NextVersionIdMarker": page[-1][1].id}
        return shown


def _grouped(bucket: Bucket, prefix: str, delimiter: str) -> Iterator[tuple[str, Version | None]]:
    """Key and current version, or a common prefix and None, each once."""
    folder = None
    for key, version, latest in bucket.all_versions():
        if not latest or version.is_marker or not key.startswith(prefix):
            continue
        head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if not found:
            yield key, version
        elif folder != f"{prefix}{head}{delimiter}":
            folder = f"{prefix}{head}{delimiter}"
            yield folder, None


def _after(
    bucket: Bucket, prefix: str, key_marker: str, id_marker: str | None
) -> Iterator[tuple[str, Version, bool]]:
    """What comes after the markers: with a version's id, also the rest of that key."""
    passed = False
    for key, version, latest in bucket.all_versions():
        if not key.startswith(prefix):
            continue
        if key > key_marker or (key == key_marker and passed):
            yield key, version, latest
        passed = passed or (key == key_marker and version.id == id_marker)


def _object(key: str, version: Version) -> dict[str, Any]:
    return {
        "Key": key,
        "LastModified": version.time,
        "ETag": version.etag,
        "Size": len(version.body or b""),
        "StorageClass": "STANDARD",
    }


def _version(key: str, version: Version, latest: bool) -> dict[str, Any]:
    return {**_object(key, version), "VersionId": version.id, "IsLatest": latest}


def _marker(key: str, version: Version, latest: bool) -> dict[str, Any]:
    return {
        "Key": key,
        "VersionId": version.id,
        "IsLatest": latest,
        "LastModified": version.time,
    }
