"""The site as it is live: every object's bytes and headers, without asking for each one.

Every change of an object's bytes or headers makes a new version id. So one listing of versions tells which objects are
exactly what the last release recorded; only the others cost a request each. A plain listing has no version ids, and
its ETag says nothing about headers: a changed Content-Type would go unnoticed, or cost a request per object.

A listing of versions also carries the old versions, so it is longer: the last release's keys are used to list its parts
side by side.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code
from resumectl.parallel import side_by_side
from resumectl.site.manifest import NO_VERSION, LiveObject
from resumectl.site.part import fields
from resumectl.site.versions import current_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.aws import Client
    from resumectl.site.manifest import ReleasedObject

_LANES: Final = 32
_DOWNLOADS: Final = 3
_ABSENT: Final = {"404", "NoSuchKey", "NotFound"}
_NEVER_SET: Final = {
    "ContentEncoding": "content_encoding",
    "ContentDisposition": "content_disposition",
    "ContentLanguage": "content_language",
    "ExpiresString": "expires",
    "WebsiteRedirectLocation": "website_redirect",
    "Metadata": "metadata",
}
"""Headers that change what a visitor gets and that no deploy sets: shown when present, removed by the next deploy."""


def live(s3: Client, bucket: str, released: Mapping[str, ReleasedObject]) -> dict[str, LiveObject]:
    """Everything in the bucket that is served now, by key, sorted; empty when there is no such bucket.

    Args:
        s3: a client.
        bucket: the site's bucket.
        released: what the last release recorded, if anything.
    """
    versions = current_versions(s3, bucket, sorted(released))
    known = {
        key: LiveObject(fields(released[key]), released[key].size, version)
        for key, version in versions.items()
        if version != NO_VERSION and key in released and released[key].version_id == version
    }
    others = [key for key in versions if key not in known]
    seen = zip(
        others,
        side_by_side(lambda key: _look_at(s3, bucket, key), others, lanes=_LANES),
        strict=True,
    )
    return dict(sorted({**known, **{key: found for key, found in seen if found}}.items()))


def _look_at(s3: Client, bucket: str, key: str) -> LiveObject | None:
    """One object's bytes and headers; None when it is gone meanwhile."""
    from botocore.exceptions import ClientError

    try:
        head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        digest = _recorded_sha256(head) or _downloaded_sha256(
            s3, bucket, key, head.get("VersionId")
        )
    except ClientError as error:
        if error_code(error) in _ABSENT:
            return None
        raise
    shown = {
        "sha256": digest,
        "content_type": head.get("ContentType", ""),
        "cache_control": head.get("CacheControl", ""),
        **{name: str(head[header]) for header, name in _NEVER_SET.items() if head.get(header)},
    }
    modified = head["LastModified"].isoformat(timespec="seconds")
    return LiveObject(
        shown, head.get("ContentLength", 0), head.get("VersionId", NO_VERSION), modified
    )


def _recorded_sha256(head: Mapping[str, Any]) -> str | None:
    """The SHA-256 of the whole body, in hex, if S3 keeps one: after a multipart upload it is one of digests."""
    value = head.get("ChecksumSHA256")
    if not value or "-" in value or head.get("ChecksumType") == "COMPOSITE":
        return None
    return base64.b64decode(value).hex()


def _downloaded_sha256(s3: Client, bucket: str, key: str, version: str | None) -> str:
    """Read the body. boto3 retries a request, but not a body that breaks off."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError, ResponseStreamingError

    exactly = {"VersionId": version} if version else {}
    for left in reversed(range(_DOWNLOADS)):
        digest = hashlib.sha256()
        try:
            for piece in s3.get_object(Bucket=bucket, Key=key, **exactly)["Body"].iter_chunks(
                1024 * 1024
            ):
                digest.update(piece)
        except (HTTPClientError, IncompleteReadError, ResponseStreamingError):
            if not left:
                raise
        else:
            break
    return digest.hexdigest()
