"""Apply a plan to the bucket: new assets first, then pages, then deletions.

Each phase ends before the next begins, so a served page never loads an asset that is not there yet.
Every step can be repeated: after a failure, the next deploy compares again and does the rest.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code, found, is_absent
from resumectl.errors import CloudError
from resumectl.parallel import side_by_side
from resumectl.responses import repeated
from resumectl.site.body import Body
from resumectl.site.headers import is_page
from resumectl.site.manifest import NO_VERSION

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from resumectl.plan import Change
    from resumectl.site.bucket import SiteBucket
    from resumectl.site.manifest import Described, ReleasedObject
    from resumectl.site.scan import SiteFile

    Progress = Callable[[int, int], None]
    Write = Callable[[Change], str]
    """Writes one object and returns its version id."""

_LANES: Final = 32
_BATCH: Final = 1000
_ATTEMPTS: Final = 3
_TRANSIENT: Final = {"InternalError", "ServiceUnavailable", "SlowDown"}
_NAMED: Final = 3
_DEPLOY: Final = (
    "Deploy instead of rollback or drift --fix: every earlier version is gone with the bucket."
)


def apply(
    bucket: SiteBucket,
    changes: Sequence[Change],
    files: Mapping[str, SiteFile],
    *,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Upload and delete objects, and correct headers: whatever differs from the scanned files.

    `progress` is called with (done, total) after each object, from any thread but never twice at
    the same time. Returns key -> version id of every object that was written.

    Raises:
        BuildError: a file changed since it was scanned.
        CloudError: S3 did not delete an object.
    """

    def write(change: Change) -> str:
        file = files[change.key]
        if change.before is not None and change.before.get("sha256") == file.sha256:
            return _copy(bucket, change.key, file)
        return _put(bucket, change.key, file)

    return _in_order(bucket, changes, write, progress)


def restore(
    bucket: SiteBucket,
    changes: Sequence[Change],
    manifest: Mapping[str, ReleasedObject],
    *,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Like `apply`, but restore what an earlier release recorded, with copies inside S3.

    Raises:
        CloudError: a recorded version no longer exists, and nothing was changed; or S3 did not
            delete an object.
    """
    keys = [change.key for change in changes if change.after is not None]
    refuse_missing(bucket, keys, manifest)

    def write(change: Change) -> str:
        entry = manifest[change.key]
        return _copy(bucket, change.key, entry, entry.version_id)

    return _in_order(bucket, changes, write, progress)


def _in_order(
    bucket: SiteBucket, changes: Sequence[Change], write: Write, progress: Progress | None
) -> dict[str, str]:
    finished = 0

    def done(count: int = 1) -> None:
        nonlocal finished
        finished += count
        if progress:
            progress(finished, len(changes))

    versions: dict[str, str] = {}
    for pages in (False, True):
        phase = [
            change
            for change in changes
            if change.after and is_page(change.after["content_type"]) is pages
        ]
        written = side_by_side(write, phase, lanes=_LANES, done=done)
        versions |= zip([change.key for change in phase], written, strict=True)
    _delete(bucket, [{"Key": key} for key in _deletions(changes)], done)
    return versions


def _deletions(changes: Sequence[Change]) -> list[str]:
    """The keys to delete, pages first: while a page is served, its assets must be there."""
    deleted = [
        (not is_page(change.before["content_type"]), change.key)
        for change in changes
        if change.before and change.after is None
    ]
    return [key for _, key in sorted(deleted)]


def _put(bucket: SiteBucket, key: str, file: SiteFile) -> str:
    from botocore.exceptions import BotoCoreError

    with Body(file) as body:
        try:
            response = bucket.put_object(
                Key=key,
                Body=body,
                ContentLength=file.size,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=_checksum(file),
            )
        except BotoCoreError:
            if body.problem:
                raise body.problem from None
            raise
    return str(response.get("VersionId", NO_VERSION))


def _copy(bucket: SiteBucket, key: str, target: Described, version: str | None = None) -> str:
    """Write new headers, with the current bytes or those of `version`, without an upload."""
    response = bucket.copy_object(
        {"Key": key, **({"VersionId": version} if version else {})},
        Key=key,
        MetadataDirective="REPLACE",
        ContentType=target.content_type,
        CacheControl=target.cache_control,
        ChecksumAlgorithm="SHA256",
    )
    copied = response.get("CopyObjectResult", {}).get("ChecksumSHA256")
    if copied and copied != _checksum(target):
        raise CloudError(
            f"{key} was changed by somebody else during the deploy.",
            hint="Run the same command again.",
            code="changed",
        )
    return str(response.get("VersionId", NO_VERSION))


def _checksum(described: Described) -> str:
    return base64.b64encode(bytes.fromhex(described.sha256)).decode()


def refuse_missing(
    bucket: SiteBucket, keys: Sequence[str], manifest: Mapping[str, ReleasedObject]
) -> None:
    """Check that the recorded versions of these keys still exist.

    Raises:
        CloudError: at least one does not.
    """
    from botocore.exceptions import ClientError

    def one_byte(key: str) -> bytes:
        version = manifest[key].version_id
        response = bucket.get_object(Key=key, VersionId=version, Range="bytes=0-0")
        body: bytes = response["Body"].read()
        return body

    def exists(key: str) -> bool:
        # The errors of a HEAD have no code: an expired token would look like a missing version.
        try:
            repeated(lambda: one_byte(key))
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                raise _bucket_gone(bucket.name, _DEPLOY) from error
            if _is_missing_version(error):
                return False
            if error_code(error) != "InvalidRange":  # the object exists and is empty
                raise
        return True

    results = side_by_side(exists, keys, lanes=_LANES)
    missing = [key for key, result in zip(keys, results, strict=True) if not result]
    if missing:
        raise CloudError(
            f"{_some(missing)} cannot be restored: the recorded version no longer exists. "
            "Nothing was changed.",
            hint="Choose a later release (resumectl history), or check out its commit and deploy.",
            code="version-gone",
        )


def refuse_missing_bucket(bucket: SiteBucket) -> None:
    """Check that there is a bucket to upload to.

    Raises:
        CloudError: somebody deleted it.
    """
    if found(bucket.head_bucket) is None:
        raise _bucket_gone(bucket.name, "Deploy the infrastructure, too: leave out --only.")


def _bucket_gone(bucket: str, hint: str) -> CloudError:
    message = f"The site's bucket {bucket} does not exist any more. Nothing was changed."
    return CloudError(message, hint=hint, code="bucket-gone")


def _is_missing_version(error: ClientError) -> bool:
    """Whether S3 has no such version; it answers InvalidArgument to an id in a foreign format."""
    return is_absent(error) or error_code(error) == "InvalidArgument"


def delete_versions(bucket: SiteBucket, versions: Sequence[tuple[str, str]]) -> None:
    """Delete object versions, as (key, version id), permanently. It ignores those that are gone.

    Raises:
        CloudError: S3 did not delete a version.
    """
    objects = [{"Key": key, "VersionId": version} for key, version in versions]
    _delete(bucket, objects, lambda _count: None)


def _delete(
    bucket: SiteBucket, objects: Sequence[dict[str, str]], done: Callable[[int], None]
) -> None:
    """Delete 1,000 objects at a time, and retry those that failed for a transient reason."""
    for start in range(0, len(objects), _BATCH):
        batch = left = objects[start : start + _BATCH]
        errors: list[dict[str, Any]] = []
        for _ in range(_ATTEMPTS):
            errors = _delete_once(bucket, left)
            failed = {error["Key"] for error in errors}
            left = [item for item in left if item["Key"] in failed]
            if not errors or not all(error["Code"] in _TRANSIENT for error in errors):
                break
        if errors:
            raise _not_deleted(errors)
        done(len(batch))


def _delete_once(bucket: SiteBucket, objects: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """The errors of one batch. S3 answers 200 even if some or all of the objects failed."""
    from botocore.exceptions import ClientError

    response = bucket.delete_objects(Delete={"Objects": objects, "Quiet": True})
    errors = list(response.get("Errors", ()))
    if "VersionId" not in objects[0]:
        return errors
    named = ((error, ClientError({"Error": error}, "DeleteObjects")) for error in errors)
    return [error for error, as_raised in named if not _is_missing_version(as_raised)]


def _not_deleted(errors: Sequence[Mapping[str, Any]]) -> CloudError:
    codes = ", ".join(sorted({error["Code"] for error in errors}))
    return CloudError(
        f"S3 did not delete {_some([error['Key'] for error in errors])} ({codes}).",
        hint="Run the same command again. It deletes the rest.",
        code="not-deleted",
    )


def _some(keys: Sequence[str]) -> str:
    names = ", ".join(keys[:_NAMED])
    return f"{names} and {len(keys) - _NAMED} more" if len(keys) > _NAMED else names
