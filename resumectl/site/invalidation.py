"""Which cached paths a deploy makes stale, and telling CloudFront so.

What needs it: an object that existed before and is now other bytes, other headers, or gone. A created one was never
cached; an error that CloudFront remembers for its path is gone a second later (`cdn.tf`). An immutable object whose
Cache-Control alone changed is still the same response.

Every path is named as it can be in a cache: AWS recommends both the URI that the viewer sent and the one that the
distribution's function made of it, so `/about/` and `/about/index.html`. Characters that browsers spell in two ways
(`+` and `%2B`) are named in both; those that CloudFront rejects plain and does not find encoded (`~`, `[`), by a
wildcard before them.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from resumectl.aws import error_code
from resumectl.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from resumectl.aws import Client
    from resumectl.plan import Change

EVERYTHING: Final = "/*"
LIMIT: Final = 15

_INDEX: Final = "index.html"
_SENT_PLAIN: Final = "/!$&'()*+,;=:@"
_SENT_PLAIN_BUT_REJECTED: Final = re.compile(r"[~\[\]|^]")
_BUDGET: Final = 300.0
_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 30.0
_POLL: Final = {"Delay": 3, "MaxAttempts": 200}


def paths(changes: Iterable[Change]) -> list[str]:
    """The paths to invalidate for `changes`: at most 15, encoded, sorted; empty when nothing cached is stale."""
    stale = {path for change in changes if _makes_stale(change) for path in _spellings(change.key)}
    return fold(stale)


def fold(exact: Iterable[str], limit: int = LIMIT) -> list[str]:
    """The same paths or more, but at most `limit`: folders that hold several become wildcards, the deepest first."""
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
    pause: Callable[[float], None] = time.sleep,
) -> str | None:
    """Ask CloudFront to forget paths.

    Args:
        cloudfront: a client.
        distribution_id: whose cache.
        stale: what `paths` returned.
        caller_reference: the same one makes the same request again harmless.
        pause: how to wait while CloudFront is busy with earlier invalidations.

    Returns:
        The invalidation's id; None when there was nothing to do.

    Raises:
        CloudError: CloudFront stayed busy for five minutes.
    """
    from botocore.exceptions import ClientError

    if not stale:
        return None
    batch = {
        "Paths": {"Quantity": len(stale), "Items": list(stale)},
        "CallerReference": caller_reference,
    }
    waited, next_pause = 0.0, _FIRST_PAUSE
    while True:
        try:
            answer = cloudfront.create_invalidation(
                DistributionId=distribution_id, InvalidationBatch=batch
            )
        except ClientError as error:
            if error_code(error) != "TooManyInvalidationsInProgress":
                raise
            if waited >= _BUDGET:
                raise _busy() from error
        else:
            return str(answer["Invalidation"]["Id"])
        pause(next_pause)
        waited, next_pause = waited + next_pause, min(next_pause * 2, _LONGEST_PAUSE)


def wait_invalidated(cloudfront: Client, distribution_id: str, invalidation_id: str) -> None:
    """Return when every edge has forgotten the paths.

    Raises:
        CloudError: it took more than ten minutes.
    """
    from botocore.exceptions import WaiterError

    waiter = cloudfront.get_waiter("invalidation_completed")
    try:
        waiter.wait(DistributionId=distribution_id, Id=invalidation_id, WaiterConfig=_POLL)
    except WaiterError as error:
        if "Error" in error.last_response:
            raise
        raise CloudError(
            f"CloudFront has not finished invalidation {invalidation_id} in ten minutes.",
            hint="The site is deployed; some visitors may see the old one for a while.",
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
    ending = "*" if rejected else ""
    for encoded in {
        quote(key[: rejected.start()] if rejected else key, safe=safe)
        for safe in (_SENT_PLAIN, "/")
    }:
        yield f"/{encoded}{ending}"
        folder, _, name = encoded.rpartition("/")
        if name == _INDEX and not rejected:
            yield f"/{folder}/" if folder else "/"


def _depth(path: str) -> int:
    """In how many folders it is: 0 for `/index.html`, 1 for `/about/` and `/about/index.html`."""
    return path.count("/") - 1


def _folded_at(depth: int, exact: Sequence[str]) -> list[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for path in exact:
        folder = "/".join(path.split("/")[: depth + 1])
        groups[f"{folder}/*" if _depth(path) >= depth else path].append(path)
    return sorted(members[0] if len(members) == 1 else folded for folded, members in groups.items())


def _uncovered(folded: Sequence[str]) -> list[str]:
    """Without the paths that a wildcard among them covers already."""
    wide = [path.removesuffix("*") for path in folded if path.endswith("*")]
    return [
        path
        for path in folded
        if not any(path.startswith(start) and path != f"{start}*" for start in wide)
    ]


def _busy() -> CloudError:
    return CloudError(
        "CloudFront is still busy with earlier invalidations after five minutes.",
        hint="The files are deployed; run the same command again in a while to invalidate them.",
        code="invalidation-busy",
    )
