"""How far the clock of this machine is off, by what AWS says when it rejects a signature. Pure.

AWS uses one code for a wrong secret and for a wrong clock. What tells them apart is data in the
response: the times in its sentence, or its `Date` header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

HINT: Final = "Set the clock, for example: sudo timedatectl set-ntp true"
SKEWED: Final = {"RequestTimeTooSkewed", "RequestInTheFuture"}
"""Codes that mean nothing else."""
REJECTED: Final = SKEWED | {"InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch"}
_ACCEPTED: Final = timedelta(minutes=15)
"""AWS's sentence names the limit, which is this far from its own time."""
_NOTICEABLE: Final = timedelta(minutes=4)
_STAMP: Final = re.compile(r"\b\d{8}T\d{6}Z\b")


def wrong_by(code: str, response: Mapping[str, Any], now: datetime) -> str | None:
    """How far this machine's clock is off, such as `9 hours`; None if it is not the clock.

    Args:
        code: the error code.
        response: the error response as botocore parsed it.
        now: the time of this machine.
    """
    if code not in REJECTED:
        return None
    off = _by_sentence(response) or _by_header(response, now)
    if off is not None and abs(off) > _NOTICEABLE:
        return _in_words(abs(off))
    return "more than AWS accepts" if code in SKEWED else None


def _by_sentence(response: Mapping[str, Any]) -> timedelta | None:
    """`Signature expired: 20261127T080000Z is now earlier than 20261127T164500Z (...)`."""
    stamps = _STAMP.findall(str(response.get("Error", {}).get("Message", "")))
    times = [datetime.strptime(stamp, "%Y%m%dT%H%M%S%z") for stamp in stamps]
    if len(times) < 2:  # noqa: PLR2004
        return None
    ours, limit = times[:2]
    return limit - ours + (_ACCEPTED if limit > ours else -_ACCEPTED)


def _by_header(response: Mapping[str, Any], now: datetime) -> timedelta | None:
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC) - now
    except (KeyError, TypeError, ValueError):
        return None


def _in_words(off: timedelta) -> str:
    minutes = round(off.total_seconds() / 60)
    if minutes < 120:  # noqa: PLR2004
        return f"{minutes} minutes"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"  # noqa: PLR2004
