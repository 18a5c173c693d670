"""What the checks amount to: passed, failed, or nothing seen.

A release is only taken back for something that was seen. A machine without DNS, behind a proxy that
refuses, or in a network that intercepts TLS gets no answer from a site that works for everyone
else. One answer of the site shows that this machine can see it; then no answer is a failure, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from resumectl.errors import SmokeFailed, Unseen

if TYPE_CHECKING:
    from resumectl.smoke.check import Check

BUCKET: Final = "private bucket"
"""The only check of another host: its answer says nothing about the site, nor the reverse."""


def judged(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks, with those of the site failed that got no answer while others did."""
    answered = any(check.seen for check in checks if check.name != BUCKET)
    return tuple(
        replace(check, seen=True) if answered and check.name != BUCKET else check
        for check in checks
    )


def failure(checks: Sequence[Check]) -> SmokeFailed | Unseen | None:
    """The error that judged checks amount to; None if all passed."""
    failed = [check for check in checks if check.seen and not check.ok]
    if failed:
        names = ", ".join(check.name for check in failed)
        message = f"{len(failed)} of {len(checks)} checks failed: {names}."
        return SmokeFailed(message, hint=failed[0].detail)
    unseen = [check for check in checks if not check.seen]
    return _unseen(unseen[0]) if unseen else None


def _unseen(check: Check) -> Unseen:
    what = "bucket" if check.name == BUCKET else "site"
    return Unseen(
        f"The {what} cannot be reached from here, so it was not tested: {check.detail}.",
        hint="Run `resumectl smoke` from another network, or in a few minutes: a new address"
        " takes time to reach every DNS server.",
    )
