"""Apply a plan to the bucket: new assets first, then pages, then deletions.

Each phase ends before the next begins, so a served page never loads an asset that is not there yet.
Every step can be repeated: after a failure, the next deploy compares again and does the rest. What
somebody else wrote since the listing is neither replaced nor deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from resumectl.aws import error_code, found
from resumectl.errors import CloudError
from resumectl.parallel import side_by_side
from resumectl.responses import repeated
from resumectl.site.deletion import delete_objects, is_missing_version, some
from resumectl.site.headers import is_page
from resumectl.site.writer import Writer

if TYPE_CHECKING:
    from resumectl.plan import Change
    from resumectl.site.bucket import SiteBucket
    from resumectl.site.manifest import LiveObject, ReleasedObject
    from resumectl.site.scan import SiteFile

    Progress = Callable[[int, int], None]
    Write = Callable[[Change], str]
    """Writes one object and returns its version id."""

_LANES: Final = 32
_DEPLOY: Final = (
    "Deploy instead of rollback or drift --fix: every earlier version is gone with the bucket."
)


def apply(
    bucket: SiteBucket,
    changes: Sequence[Change],
    files: Mapping[str, SiteFile],
    live: Mapping[str, LiveObject],
    *,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Upload and delete objects, and correct headers: whatever differs from the scanned files.

    Args:
        bucket: the site's.
        changes: what differs.
        files: the scanned files, by key.
        live: what was listed, by key.
        progress: called with (done, total) after each object, from any thread but never twice at
            the same time.

    Returns:
        Key -> version id of every object that was written.

    Raises:
        BuildError: a file changed since it was scanned.
        CloudError: S3 did not delete an object, or somebody else wrote one meanwhile.
    """
    writer = Writer(bucket, live)

    def write(change: Change) -> str:
        file = files[change.key]
        if change.before is not None and change.before.get("sha256") == file.sha256:
            return writer.copy(change.key, file)
        return writer.put(change.key, file)

    return _in_order(writer, changes, write, progress)


def restore(
    bucket: SiteBucket,
    changes: Sequence[Change],
    manifest: Mapping[str, ReleasedObject],
    live: Mapping[str, LiveObject],
    *,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Like `apply`, but restore what an earlier release recorded, with copies inside S3.

    Raises:
        CloudError: a recorded version no longer exists, and nothing was changed; or S3 did not
            delete an object, or somebody else wrote one meanwhile.
    """
    keys = [change.key for change in changes if change.after is not None]
    refuse_missing(bucket, keys, manifest)
    writer = Writer(bucket, live)

    def write(change: Change) -> str:
        entry = manifest[change.key]
        return writer.copy(change.key, entry, entry.version_id)

    return _in_order(writer, changes, write, progress)


def _in_order(
    writer: Writer, changes: Sequence[Change], write: Write, progress: Progress | None
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
    delete_objects(writer.bucket, _deletions(changes), writer.live, done)
    return versions


def _deletions(changes: Sequence[Change]) -> list[str]:
    """The keys to delete, pages first: while a page is served, its assets must be there."""
    deleted = [
        (not is_page(change.before["content_type"]), change.key)
        for change in changes
        if change.before and change.after is None
    ]
    return [key for _, key in sorted(deleted)]


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
            if is_missing_version(error):
                return False
            if error_code(error) != "InvalidRange":  # the object exists and is empty
                raise
        return True

    results = side_by_side(exists, keys, lanes=_LANES)
    missing = [key for key, result in zip(keys, results, strict=True) if not result]
    if missing:
        raise CloudError(
            f"{some(missing)} cannot be restored: the recorded version no longer exists. "
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
