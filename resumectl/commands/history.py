"""`history`: the ledger, the newest release first."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.steps.context import Context


def history(ctx: Context, count: int) -> Outcome:
    """The last `count` releases, and which of them is live and which is pinned."""
    with ctx.step("Read the ledger"):
        releases = list(islice(ctx.ledger.newest_first(), count))
        live = (
            next((found for found in releases if found.status != "failed"), None)
            or ctx.ledger.live()
        )
        pin = ctx.pins.read()
    rows = [
        {**release.summary(), "live": live is not None and release.id == live.id}
        for release in releases
    ]
    return Outcome({"releases": rows, "pin": pin.release if pin else None})
