"""Facts about a live site that `status` shows without judging them."""

from __future__ import annotations

import json
import time
from typing import Final

from resumectl.smoke.check import Mismatch
from resumectl.smoke.http import Http

_DAY: Final = 86_400


def front_door(url: str) -> dict[str, int | None]:
    """What a visitor would see; None where there is no answer."""
    return {"visitors": visitors(url), "certificate_days": certificate_days(url)}


def visitors(url: str, page: str = "/") -> int | None:
    """The count of a page; None if the counter does not respond."""
    with Http() as http:
        try:
            response = http.request("GET", f"{url.rstrip('/')}/api/count?page={page}")
            return int(json.loads(response.body)["count"])
        except (Mismatch, ValueError, KeyError, TypeError):
            return None


def certificate_days(url: str) -> int | None:
    """Days until the site's certificate expires; None if it has none or does not respond."""
    if not url.startswith("https:"):
        return None
    with Http() as http:
        try:
            return int((http.certificate_end(url) - time.time()) // _DAY)
        except Mismatch:
            return None
