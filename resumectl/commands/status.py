"""`status`: one screen. Whatever cannot be asked is named as missing; nothing here fails the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resumectl.commands import drift
from resumectl.plan import PARTS
from resumectl.smoke.facts import certificate_days, visitors
from resumectl.steps import pending, record
from resumectl.steps.live import Live
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.infra.state import State
    from resumectl.steps.context import Context

_EMPTY: Final[Mapping[str, Any]] = {
    "release": None,
    "pin": None,
    "urls": {},
    "parts": {},
    "drift": [],
    "checks": [],
    "lock": None,
    "visitors": None,
    "certificate_days": None,
    "missing": [],
}


def status(ctx: Context) -> Outcome:
    """What is live, whether it is what was released, and what waits to be deployed."""
    with ctx.step("Look at the environment"):
        state, held, pin = ctx.state(), ctx.lock.read(), ctx.pins.read()
    known = {
        **_EMPTY,
        "lock": held.describe() if held else None,
        "pin": pin.describe() if pin else None,
    }
    if state is None or not state.complete:
        missing = [f"Not deployed yet: resumectl deploy --env {ctx.env.name}"]
        return Outcome(
            {**known, "parts": _parts(pending.counts(ctx, Live()), None), "missing": missing}
        )
    found = drift.find(ctx, lenient=True)
    released = found.live.released
    return Outcome(
        {
            **known,
            **_front_door(ctx, state),
            "release": released.summary() if released else None,
            "urls": record.urls(state),
            "parts": _parts(pending.counts(ctx, found.live), found),
            "drift": [drift.described(change, found) for change in found.plan.changes],
            "checks": list(released.smoke) if released else [],
            "missing": [f"{part} not compared: {why}" for part, why in found.unchecked.items()],
        }
    )


def stopped(env: str) -> Outcome:
    """The embedded cloud is not running, so nothing can be asked."""
    missing = [
        f"The embedded cloud is not running: resumectl local start, or resumectl deploy --env {env}"
    ]
    return Outcome({**_EMPTY, "missing": missing})


def _front_door(ctx: Context, state: State) -> dict[str, int | None]:
    """What a visitor would see; None where there is no answer."""
    with ctx.step("Ask the site"):
        url = state.outputs["site_url"]
        return {"visitors": visitors(url), "certificate_days": certificate_days(url)}


def _parts(
    waiting: Mapping[str, int | None], found: drift.Drift | None
) -> dict[str, dict[str, int | None]]:
    """By part: how many changes wait, and how many drifted; None where that is not known."""
    return {part: {"to_deploy": waiting[part], "drifted": _drifted(part, found)} for part in PARTS}


def _drifted(part: str, found: drift.Drift | None) -> int | None:
    if found is None or part in found.unchecked:
        return None
    return sum(change.part == part for change in found.plan.changes)
