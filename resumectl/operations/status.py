"""`status`: one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.operations.deploy import urls
from resumectl.operations.live import look
from resumectl.operations.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.operations.context import Context


def status(ctx: Context) -> Outcome:
    """What is live."""
    with ctx.step("Look at what is live"):
        live = look(ctx)
    release = live.released.summary() if live.released else None
    return Outcome({"release": release, "urls": urls(live.state), "parts": {}, "drift": [], "checks": []})


def stopped(env: str) -> Outcome:
    """The embedded cloud is not running: nothing can be looked at."""
    return Outcome({"release": None, "urls": {}, "parts": {}, "drift": [], "checks": [], "stopped": True, "env": env})
