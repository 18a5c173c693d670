"""`history`: the ledger, the newest release first."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from resumectl.progress import Step
from resumectl.release.ledger import Unreadable
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.release.record import Release
    from resumectl.steps.context import Context

_READ: Final = Step("read-ledger", "Read the ledger")


def history(ctx: Context, count: int) -> Outcome:
    """The last `count` releases, and which of them is live and which is pinned."""
    ledger = ctx.releases.ledger
    with ctx.steps(_READ):
        releases = list(islice(ledger.newest_first(), count))
        live = _live(ctx)
        pin = ctx.releases.pins.read()
    number = live.id if live else None
    rows = [{**release.summary(), "live": release.id == number} for release in releases]
    return Outcome({"releases": rows, "pin": pin.release if pin else None})


def _live(ctx: Context) -> Release | None:
    """The live release; unknown, with a note, if that depends on a record that cannot be read."""
    try:
        return ctx.releases.ledger.heads().released
    except Unreadable as error:
        ctx.steps.note(f"Which release is live is unknown. {error.message}")
        return None
