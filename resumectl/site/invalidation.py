"""Which cached paths a deploy makes stale, and their invalidation in CloudFront.

A path is stale if its object existed before and now has other bytes, other headers, or is deleted.
A new object was never cached, and cached errors expire after a second (`cdn.tf`). If only the
Cache-Control of an immutable object changed, the cached response is still good.

Paths are named in every form that a cache may hold. AWS recommends both the URI that the viewer
sent and the one that the distribution's function rewrote it to: `/about`, `/about/` and
`/about/index.html`. Characters that browsers send in two ways (`+` and `%2B`) need both. CloudFront
rejects some characters (`~`, `[`) in plain form and does not match them in encoded form: these
paths end in a wildcard before the first of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from resumectl.aws import error_code
from resumectl.backoff import Backoff
from resumectl.errors import CloudError

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.plan import Change

EVERYTHING: Final = "/*"
LIMIT: Final = 15
"""CloudFront's limit for wildcard paths in progress."""
BUSY: Final = Backoff(300, first=2, longest=30, factor=2)
"""How long to retry while CloudFront is busy with earlier invalidations."""

_INDEX: Final = "index.html"
_SENT_PLAIN: Final = "/!$&'()*+,;=:@"
_SENT_PLAIN_BUT_REJECTED: Final = re.compile(r"[~\[\]|^]")
_POLL: Final = {"Delay": 3, "MaxAttempts": 200}  # ten minutes


def paths(changes: Iterable[Change]) -> list[str]:
    """The stale paths after these changes: at most 15, encoded, sorted."""
    stale = {path for change in changes if _makes_stale(change) for path in _spellings(change.key)}
    return fold(stale)


def fold(exact: Iterable[str], limit: int = LIMIT) -> list[str]:
    """Cover the paths with at most `limit`: folders become wildcards, the deepest ones first.

    The address of a folder without its slash belongs to it: `/about*` covers all three forms.
    """
    folded = sorted(set(exact))
    for depth in range(max((_depth(path) for path in folded), default=0), 0, -1):
        if len(folded) <= limit:
            break
        folded = _folded_at(depth, folded)
    return _uncovered(folded) if len(folded) <= limit else [EVERYTHING]


def invalidate(
    cloudfront: Client,
    distribution_id: str,
    stale: Sequence[str],
    caller_reference: str,
    *,
    retry: Backoff = BUSY,
) -> str | None:
    """Start an invalidation of stale `paths`, and retry while CloudFront is busy with earlier ones.

    Repeating a request with the same `caller_reference` has no effect. Returns the invalidation's
    id, or None if there was nothing to invalidate.

    Raises:
        CloudError: CloudFront was still busy at the end.
    """
    from botocore.exceptions import ClientError

    if not stale:
        return None
    items = {"Quantity": len(stale), "Items": list(stale)}
    batch = {"Paths": items, "CallerReference": caller_reference}
    for _ in retry.attempts():
        try:
            response = cloudfront.create_invalidation(
                DistributionId=distribution_id, InvalidationBatch=batch
            )
        except ClientError as error:
            if error_code(error) != "TooManyInvalidationsInProgress":
                raise
        else:
            return str(response["Invalidation"]["Id"])
    raise CloudError(
        f"CloudFront is still busy with earlier invalidations after {retry.seconds:g} seconds.",
        hint="The files are deployed. Run the same command again later to invalidate them.",
        code="invalidation-busy",
    )


def wait_invalidated(cloudfront: Client, distribution_id: str, invalidation_id: str) -> None:
    """Wait until the paths are invalidated at every edge location.

    Raises:
        CloudError: it took more than ten minutes.
    """
    from botocore.exceptions import ClientError, WaiterError

    waiter = cloudfront.get_waiter("invalidation_completed")
    try:
        waiter.wait(DistributionId=distribution_id, Id=invalidation_id, WaiterConfig=_POLL)
    except WaiterError as error:
        if "Error" in error.last_response:  # AWS refused to say, for example an expired token
            raise ClientError(error.last_response, "GetInvalidation") from error
        raise CloudError(
            f"CloudFront did not finish invalidation {invalidation_id} within ten minutes.",
            hint="The site is deployed; some visitors may see the old version for a while.",
            code="invalidation-slow",
        ) from error


def _makes_stale(change: Change) -> bool:
    before = change.before
    if before is None:
        return False
    same_response = change.fields == ("cache_control",) and "immutable" in before["cache_control"]
    return change.after is None or not same_response


def _spellings(key: str) -> Iterator[str]:
    """Every path under which a cache may hold the object."""
    rejected = _SENT_PLAIN_BUT_REJECTED.search(key)
    prefix, wildcard = (key[: rejected.start()], "*") if rejected else (key, "")
    for encoded in {quote(prefix, safe=safe) for safe in (_SENT_PLAIN, "/")}:
        yield f"/{encoded}{wildcard}"
        folder, _, name = encoded.rpartition("/")
        if name == _INDEX and not rejected:
            yield from (f"/{folder}", f"/{folder}/") if folder else ("/",)


def _depth(path: str) -> int:
    """The number of folders above: 0 for `/index.html`, 1 for `/about/` and `/about/index.html`."""
    return path.count("/") - 1


def _folded_at(depth: int, exact: Sequence[str]) -> list[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for path in exact:
        folder = "/".join(path.split("/")[: depth + 1])
        groups[folder].append(path)
    return sorted(
        members[0] if len(members) == 1 else f"{folder}{'' if folder in members else '/'}*"
        for folder, members in groups.items()
    )


def _uncovered(folded: Sequence[str]) -> list[str]:
    """The paths without those that a wildcard among them covers."""
    wide = [path.removesuffix("*") for path in folded if path.endswith("*")]
    return [
        path
        for path in folded
        if not any(path.startswith(start) and path != f"{start}*" for start in wide)
    ]
