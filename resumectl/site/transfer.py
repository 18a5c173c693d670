"""Make the bucket what a plan says: new assets first, then pages, then deletions.

Each phase ends before the next begins, so that a page that is served never refers to an asset that is not there yet.
Every step can be done again: after a failure the next deploy sees what is live and continues.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code
from resumectl.errors import CloudError
from resumectl.parallel import side_by_side
from resumectl.site.body import Body
from resumectl.site.headers import is_page
from resumectl.site.manifest import NO_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.aws import Client
    from resumectl.plan import Change
    from resumectl.site.manifest import Described, ReleasedObject
    from resumectl.site.scan import SiteFile

    Progress = Callable[[int, int], None]
    Write = Callable[[Change], str]

_LANES: Final = 32
_BATCH: Final = 1000
_ATTEMPTS: Final = 3
_TRANSIENT: Final = {"InternalError", "ServiceUnavailable", "SlowDown"}
_GONE: Final = {"NoSuchBucket", "NoSuchKey", "NoSuchVersion", "InvalidArgument"}
"""How S3 says that a version does not exist; the last one when the id is not even one of its own."""


def apply(
    s3: Client,
    bucket: str,
    changes: Sequence[Change],
    files: Mapping[str, SiteFile],
    *,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Upload, correct and delete what `changes` says.

    Args:
        s3: a client.
        bucket: the site's bucket.
        changes: what differs between live and the worktree.
        files: the scanned site.
        progress: told after each object how many of how many are done, from any thread, never twice at the same time.

    Returns:
        The version id of every object that was written.

    Raises:
        BuildError: a file is no longer what was scanned.
        CloudError: S3 did not delete something.
    """

    def write(change: Change) -> str:
        file = files[change.key]
        same_bytes = change.before is not None and change.before.get("sha256") == file.sha256
        return (
            _copy(s3, bucket, change.key, file, None)
            if same_bytes
            else _put(s3, bucket, change.key, file)
        )

    return _in_order(s3, bucket, changes, write, progress)


def restore(
    s3: Client,
    bucket: str,
    changes: Sequence[Change],
    manifest: Mapping[str, ReleasedObject],
    *,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Bring back what an earlier release recorded, by copies inside S3.

    Args:
        s3: a client.
        bucket: the site's bucket.
        changes: what differs between live and that release.
        manifest: that release.
        progress: as for `apply`.

    Returns:
        The new version id of every object that was written.

    Raises:
        CloudError: a recorded version no longer exists; then nothing was changed.
    """
    written = [change.key for change in changes if change.after is not None]
    refuse_missing(s3, bucket, written, manifest)

    def write(change: Change) -> str:
        entry = manifest[change.key]
        return _copy(s3, bucket, change.key, entry, entry.version_id)

    return _in_order(s3, bucket, changes, write, progress)


def _in_order(
    s3: Client, bucket: str, changes: Sequence[Change], write: Write, progress: Progress | None
) -> dict[str, str]:
    finished = 0

    def done(count: int = 1) -> None:
        nonlocal finished
        finished += count
        if progress:
            progress(finished, len(changes))

    kept = [
        (change, is_page(change.after["content_type"]))
        for change in changes
        if change.after is not None
    ]
    versions: dict[str, str] = {}
    for pages in (False, True):
        phase = [change for change, page in kept if page is pages]
        versions |= zip(
            [c.key for c in phase], side_by_side(write, phase, lanes=_LANES, done=done), strict=True
        )
    _delete(s3, bucket, _deletions(changes), done)
    return versions


def _deletions(changes: Sequence[Change]) -> list[str]:
    """The keys to delete, pages first: a page that is still served keeps its assets."""
    gone = [
        (change.key, change.before["content_type"])
        for change in changes
        if change.before and change.after is None
    ]
    return [key for key, _ in sorted(gone, key=lambda entry: (not is_page(entry[1]), entry[0]))]


def _put(s3: Client, bucket: str, key: str, file: SiteFile) -> str:
    from botocore.exceptions import BotoCoreError

    with Body(file) as body:
        try:
            answer = s3.put_object(
                Bucket=bucket,
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
    return str(answer.get("VersionId", NO_VERSION))


def _copy(s3: Client, bucket: str, key: str, wanted: Described, version: str | None) -> str:
    """Write an object anew from bytes that S3 has, those of `version` or the current ones, with the wanted headers."""
    source = {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}
    answer = s3.copy_object(
        Bucket=bucket,
        Key=key,
        CopySource=source,
        MetadataDirective="REPLACE",
        ContentType=wanted.content_type,
        CacheControl=wanted.cache_control,
        ChecksumAlgorithm="SHA256",
    )
    copied = answer.get("CopyObjectResult", {}).get("ChecksumSHA256")
    if copied and copied != _checksum(wanted):
        raise CloudError(
            f"{key} was changed by somebody else during the deploy.",
            hint="Run the same command again.",
            code="changed",
        )
    return str(answer.get("VersionId", NO_VERSION))


def _checksum(described: Described) -> str:
    return base64.b64encode(bytes.fromhex(described.sha256)).decode()


def refuse_missing(
    s3: Client, bucket: str, keys: Sequence[str], manifest: Mapping[str, ReleasedObject]
) -> None:
    """Make sure that every version that would be copied still exists.

    Raises:
        CloudError: one does not.
    """
    from botocore.exceptions import ClientError

    def exists(key: str) -> bool:
        # Not a HEAD: its errors carry no code, and an expired token would look like a version that is gone.
        try:
            s3.get_object(
                Bucket=bucket, Key=key, VersionId=manifest[key].version_id, Range="bytes=0-0"
            )["Body"].read()
        except ClientError as error:
            if error_code(error) in _GONE:
                return False
            if error_code(error) != "InvalidRange":  # it exists, and is empty
                raise
        return True

    found = side_by_side(exists, keys, lanes=_LANES)
    missing = [key for key, there in zip(keys, found, strict=True) if not there]
    if missing:
        raise CloudError(
            f"{_some(missing)} cannot be brought back: the recorded version no longer exists. Nothing was changed.",
            hint="Choose a later release (resumectl history), or check that revision out and deploy it.",
            code="version-gone",
        )


def delete_versions(s3: Client, bucket: str, versions: Sequence[tuple[str, str]]) -> None:
    """Delete old versions of objects for good; those that are gone already do no harm.

    Args:
        s3: a client.
        bucket: the site's bucket.
        versions: (key, version id) of each.

    Raises:
        CloudError: S3 did not delete one of them.
    """
    for start in range(0, len(versions), _BATCH):
        batch = [
            {"Key": key, "VersionId": version} for key, version in versions[start : start + _BATCH]
        ]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        errors = [error for error in answer.get("Errors", ()) if error["Code"] not in _GONE]
        if errors:
            raise CloudError(
                f"S3 did not delete {_some([error['Key'] for error in errors])}.",
                code="not-deleted",
            )


def _delete(s3: Client, bucket: str, keys: Sequence[str], done: Callable[[int], None]) -> None:
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        _delete_batch(s3, bucket, batch)
        done(len(batch))


def _delete_batch(s3: Client, bucket: str, keys: Sequence[str]) -> None:
    """One request for up to 1,000 keys; it succeeds even when some of them fail, so each one's error is looked at."""
    left, errors = list(keys), []
    for _ in range(_ATTEMPTS):
        errors = _delete_once(s3, bucket, left)
        left = [error["Key"] for error in errors]
        if not errors or not all(error["Code"] in _TRANSIENT for error in errors):
            break
    if errors:
        reasons = ", ".join(sorted({error["Code"] for error in errors}))
        raise CloudError(
            f"S3 did not delete {_some(left)} ({reasons}).",
            hint="Run the same command again: it continues.",
            code="not-deleted",
        )


def _delete_once(s3: Client, bucket: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    wanted = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    return list(s3.delete_objects(Bucket=bucket, Delete=wanted).get("Errors", ()))


def _some(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:3])
    return f"{shown} and {len(keys) - 3} more" if len(keys) > 3 else shown  # noqa: PLR2004
