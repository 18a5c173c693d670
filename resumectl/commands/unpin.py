"""`unpin`: let deploys through again after a rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl.progress import Step
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.steps.context import Context

_UNPIN: Final = Step("unpin", "Unpin the environment")


def unpin(ctx: Context) -> Outcome:
    """Remove the pin, if there is one."""
    pins = ctx.releases.pins
    with ctx.steps(_UNPIN):
        pin = pins.read()
        if pin:
            pins.remove()
    return Outcome({"unpinned": pin is not None, "release": pin.release if pin else None})
