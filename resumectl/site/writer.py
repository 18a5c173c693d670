"""Write objects of the site, each only if it still is what the listing saw.

The fence is asked before each request, but a process can be suspended between that and the system
call that sends the request, for as long as it takes others to release the lock and deploy. S3
decides when the request arrives: with the ETag of the listing as its condition, it is refused if
somebody wrote the object meanwhile.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.backoff import Backoff
from resumectl.errors import CloudError
from resumectl.site import listing, snapshot
from resumectl.site.body import Body
from resumectl.site.manifest import NO_VERSION
from resumectl.site.versions import current_version

if TYPE_CHECKING:
    from resumectl.site.bucket import SiteBucket
    from resumectl.site.manifest import Described, LiveObject
    from resumectl.site.scan import SiteFile
    from resumectl.site.versions import Current

    Write = Callable[[Mapping[str, str]], Mapping[str, Any]]
    """Sends one request with a condition; gives the response."""

_CONFLICT: Final = "ConditionalRequestConflict"
"""Somebody wrote the object while S3 was deciding: the request has to be made again."""
REFUSED: Final = ("PreconditionFailed", "NoSuchKey")
"""A condition does not hold; If-Match without an object is the second one."""
_PATIENCE: Final = Backoff(10.0)


@dataclass(frozen=True)
class Writer:
    """Writes single objects.

    Attributes:
        live: what was listed, by key.
        patience: for how long a request is repeated that met another one.
    """

    bucket: SiteBucket
    live: Mapping[str, LiveObject]
    patience: Backoff = _PATIENCE

    def put(self, key: str, file: SiteFile) -> str:
        """Upload a file; returns its version id.

        Raises:
            BuildError: the file changed since it was scanned.
            CloudError: somebody else wrote the object meanwhile.
        """
        return self._write(key, file, lambda condition: _put(self.bucket, key, file, condition))

    def copy(self, key: str, target: Described, version: str | None = None) -> str:
        """Write new headers, with the current bytes or those of `version`, without an upload.

        Returns the new version id.

        Raises:
            CloudError: somebody else wrote the object meanwhile.
        """
        source = {"Key": key, **({"VersionId": version} if version else {})}
        return self._write(
            key, target, lambda condition: _copy(self.bucket, source, target, condition)
        )

    def _write(self, key: str, target: Described, write: Write) -> str:
        from botocore.exceptions import ClientError

        entry = self.live.get(key)
        condition = {"IfMatch": entry.etag} if entry else {"IfNoneMatch": "*"}
        for _ in self.patience.attempts():
            try:
                return str(write(condition).get("VersionId", NO_VERSION))
            except ClientError as error:
                code = aws.error_code(error)
                if code not in REFUSED and code != _CONFLICT:
                    raise
            if code in REFUSED:
                current = current_version(self.bucket, key)
                if not is_listed(current, entry):
                    return self._written(key, target, current)
        raise changed(key)

    def _written(self, key: str, target: Described, current: Current | None) -> str:
        """The version id of what is to be written, if it is there already.

        boto3 sends a request again whose response was lost: then our own write is in its way.
        """
        now = current and aws.found(listing.read, bucket=self.bucket, key=key, version=current)
        if not now or now.fields != snapshot.fields(target):
            raise changed(key)
        return now.version_id


def is_listed(current: Current | None, listed: LiveObject | None) -> bool:
    """Whether it still is what was listed, although S3 says that a condition does not hold.

    For a few minutes after it was made, a bucket may not find objects that it lists.
    """
    return listed is not None and current == (listed.version_id, listed.etag)


def changed(key: str) -> CloudError:
    """The error for an object that is not what the listing saw."""
    return CloudError(
        f"Somebody else changed {key} after this command looked at the site.",
        hint="Run the same command again: it looks at what is live now.",
        code="changed",
    )


def _put(
    bucket: SiteBucket, key: str, file: SiteFile, condition: Mapping[str, str]
) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError

    with Body(file) as body:
        try:
            response: Mapping[str, Any] = bucket.put_object(
                Key=key,
                Body=body,
                ContentLength=file.size,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=_checksum(file),
                **condition,
            )
        except BotoCoreError:
            if body.problem:
                raise body.problem from None
            raise
    return response


def _copy(
    bucket: SiteBucket, source: Mapping[str, str], target: Described, condition: Mapping[str, str]
) -> Mapping[str, Any]:
    response = bucket.copy_object(
        source,
        Key=source["Key"],
        MetadataDirective="REPLACE",
        ContentType=target.content_type,
        CacheControl=target.cache_control,
        ChecksumAlgorithm="SHA256",
        **condition,
    )
    # A version of a bucket without versioning can have been overwritten in place.
    copied = response.get("CopyObjectResult", {}).get("ChecksumSHA256")
    if copied and copied != _checksum(target):
        raise changed(source["Key"])
    return response


def _checksum(described: Described) -> str:
    return base64.b64encode(bytes.fromhex(described.sha256)).decode()
