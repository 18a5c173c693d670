"""Delete objects of the site, and old versions of them, 1,000 with each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code, is_absent
from resumectl.errors import CloudError
from resumectl.parallel import side_by_side
from resumectl.site.versions import current_version
from resumectl.site.writer import REFUSED, changed, is_listed

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from resumectl.site.bucket import SiteBucket
    from resumectl.site.manifest import LiveObject

    Error = Mapping[str, Any]
    """Why S3 did not delete one of the objects."""

_BATCH: Final = 1000
_ATTEMPTS: Final = 3
_LANES: Final = 32
_TRANSIENT: Final = {
    *("InternalError", "ServiceUnavailable", "SlowDown"),
    *("ConditionalRequestConflict", "OperationAborted"),
}
_NAMED: Final = 3


def delete_objects(
    bucket: SiteBucket,
    keys: Sequence[str],
    live: Mapping[str, LiveObject],
    done: Callable[[int], None],
) -> None:
    """Delete objects that still are what was listed. It ignores those that are gone.

    Args:
        bucket: the site's.
        keys: in the order in which they go.
        live: what was listed, by key.
        done: called with the number of objects of each request.

    Raises:
        CloudError: S3 did not delete an object, or somebody else wrote it meanwhile.
    """

    def remaining(errors: Sequence[Error]) -> list[Error]:
        refused = [error["Key"] for error in errors if error["Code"] in REFUSED]
        now = side_by_side(lambda key: current_version(bucket, key), refused, lanes=_LANES)
        found = dict(zip(refused, now, strict=True))
        for key, current in found.items():
            if current and not is_listed(current, live[key]):
                raise changed(key)
        return [error for error in errors if found.get(error["Key"], error)]

    # AWS documents these ETags without quotes.
    items = [{"Key": key, "ETag": live[key].etag.strip('"')} for key in keys]
    _delete(bucket, items, remaining, done)


def delete_versions(bucket: SiteBucket, versions: Sequence[tuple[str, str]]) -> None:
    """Delete object versions, as (key, version id), permanently. It ignores those that are gone.

    Raises:
        CloudError: S3 did not delete a version.
    """
    from botocore.exceptions import ClientError

    def remaining(errors: Sequence[Error]) -> list[Error]:
        named = [(error, ClientError({"Error": error}, "DeleteObjects")) for error in errors]
        return [error for error, as_raised in named if not is_missing_version(as_raised)]

    items = [{"Key": key, "VersionId": version} for key, version in versions]
    _delete(bucket, items, remaining, lambda _count: None)


def is_missing_version(error: ClientError) -> bool:
    """Whether S3 has no such version; it answers InvalidArgument to an id in a foreign format."""
    return is_absent(error) or error_code(error) == "InvalidArgument"


def some(keys: Sequence[str]) -> str:
    """The first keys, and how many more there are."""
    names = ", ".join(keys[:_NAMED])
    return f"{names} and {len(keys) - _NAMED} more" if len(keys) > _NAMED else names


def _delete(
    bucket: SiteBucket,
    items: Sequence[dict[str, str]],
    remaining: Callable[[Sequence[Error]], list[Error]],
    done: Callable[[int], None],
) -> None:
    """Delete 1,000 objects at a time, and retry those that failed for a transient reason.

    `remaining` gives the errors of objects that are still there.
    """
    for start in range(0, len(items), _BATCH):
        batch = left = items[start : start + _BATCH]
        errors: list[Error] = []
        for _ in range(_ATTEMPTS):
            # S3 answers 200 even if some or all of the objects failed.
            response = bucket.delete_objects(Delete={"Objects": left, "Quiet": True})
            errors = remaining(response.get("Errors", ()))
            failed = {error["Key"] for error in errors}
            left = [item for item in left if item["Key"] in failed]
            if not errors or not all(error["Code"] in _TRANSIENT for error in errors):
                break
        if errors:
            raise _not_deleted(errors)
        done(len(batch))


def _not_deleted(errors: Sequence[Error]) -> CloudError:
    codes = ", ".join(sorted({error["Code"] for error in errors}))
    return CloudError(
        f"S3 did not delete {some([error['Key'] for error in errors])} ({codes}).",
        hint="Run the same command again. It deletes the rest.",
        code="not-deleted",
    )
