"""The live site: the bytes and headers of every object, without a request for each.

Every change of an object's bytes or headers creates a new version id. One listing of versions
therefore shows which objects are exactly as the last release recorded them; only the others cost a
request each. A plain listing would not do: it has no version ids, and an ETag does not cover the
headers, so a changed Content-Type would go unnoticed or cost a request per object.

A listing of versions is longer, as it includes the old ones. The keys of the last release are used
to split it into ranges that are listed in parallel.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.errors import CloudError
from resumectl.parallel import side_by_side
from resumectl.responses import repeated
from resumectl.site.manifest import NO_VERSION, LiveObject
from resumectl.site.snapshot import fields
from resumectl.site.versions import current_versions

if TYPE_CHECKING:
    from resumectl.site.bucket import SiteBucket
    from resumectl.site.manifest import ReleasedObject
    from resumectl.site.versions import Current

_LANES: Final = 32
_CHUNK: Final = 1024 * 1024
_NEVER_SET: Final = {
    "ContentEncoding": "content_encoding",
    "ContentDisposition": "content_disposition",
    "ContentLanguage": "content_language",
    "ExpiresString": "expires",
    "WebsiteRedirectLocation": "website_redirect",
    "Metadata": "metadata",
}
"""Headers that visitors notice and that we never set: shown if present, removed by a deploy."""


def live(bucket: SiteBucket, released: Mapping[str, ReleasedObject]) -> dict[str, LiveObject]:
    """Every object that is served now, by key, sorted. A bucket that does not exist has none.

    Raises:
        CloudError: a new bucket lists an object, but does not return it.
    """
    versions = current_versions(bucket, sorted(released))
    objects = {
        key: LiveObject(fields(released[key]), released[key].size, version.id, version.etag)
        for key, version in versions.items()
        if version.id != NO_VERSION and key in released and released[key].version_id == version.id
    }

    def live_object(key: str) -> LiveObject | None:
        return aws.found(read, bucket=bucket, key=key, version=versions[key])

    others = [key for key in versions if key not in objects]
    entries = dict(zip(others, side_by_side(live_object, others, lanes=_LANES), strict=True))
    objects |= {key: entry for key, entry in entries.items() if entry}
    missing = {key: versions[key] for key, entry in entries.items() if entry is None}
    if missing:
        _require_deleted(bucket, missing)
    return dict(sorted(objects.items()))


def _require_deleted(bucket: SiteBucket, missing: Mapping[str, Current]) -> None:
    """Of what was not found, the bucket lists nothing any more."""
    versions = current_versions(bucket, sorted(missing))
    if unread := [key for key, version in missing.items() if versions.get(key) == version]:
        raise CloudError(
            f"S3 lists {unread[0]} in {bucket.name}, but does not return it yet.",
            hint="A new bucket needs up to 15 minutes to settle. Then run the same command again.",
            code="settling",
        )


def read(bucket: SiteBucket, key: str, version: Current) -> LiveObject:
    """Read the listed version. In a new bucket, a read without one may not find it yet."""
    exactly = {} if version.id == NO_VERSION else {"VersionId": version.id}
    head = bucket.head_object(Key=key, ChecksumMode="ENABLED", **exactly)
    shown = {
        "sha256": _recorded_sha256(head) or _downloaded_sha256(bucket, key, exactly),
        "content_type": head.get("ContentType", ""),
        "cache_control": head.get("CacheControl", ""),
        **{name: str(head[header]) for header, name in _NEVER_SET.items() if head.get(header)},
    }
    modified = head["LastModified"].isoformat(timespec="seconds")
    return LiveObject(shown, head.get("ContentLength", 0), *version, modified)


def _recorded_sha256(head: Mapping[str, Any]) -> str | None:
    """The SHA-256 of the body in hex, if S3 has it. A multipart upload has a digest of digests."""
    checksum = head.get("ChecksumSHA256")
    if not checksum or "-" in checksum or head.get("ChecksumType") == "COMPOSITE":
        return None
    return base64.b64decode(checksum).hex()


def _downloaded_sha256(bucket: SiteBucket, key: str, exactly: Mapping[str, str]) -> str:
    """The SHA-256 of the body in hex."""

    def download() -> str:
        digest = hashlib.sha256()
        for chunk in bucket.get_object(Key=key, **exactly)["Body"].iter_chunks(_CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    return repeated(download)
