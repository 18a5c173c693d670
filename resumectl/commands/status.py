"""`status`: one screen. What cannot be asked is named as missing; it does not fail the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl.progress import Step
from resumectl.smoke.facts import certificate_days, visitors
from resumectl.steps import drift, record
from resumectl.steps.look import look
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.part import Outputs
    from resumectl.steps.context import Context
    from resumectl.steps.drift import Drifted

_LOCKS: Final = Step("read-locks", "Read lock and pin")
_SITE: Final = Step("ask-site", "Ask the site")
_UNKNOWN: Final = ("release", "pin", "lock", "visitors", "certificate_days")
_LISTS: Final[Mapping[str, Any]] = {"urls": {}, "parts": {}, "drift": [], "checks": []}
_EMPTY: Final = {**dict.fromkeys(_UNKNOWN), **_LISTS, "missing": []}


def status(ctx: Context) -> Outcome:
    """What is live, whether it is what was released, and what waits to be deployed."""
    with ctx.steps(_LOCKS):
        held, pin = ctx.releases.lock.read(), ctx.releases.pins.read()
    known = {**_EMPTY, "lock": held and held.describe(), "pin": pin and pin.describe()}
    scene = look(ctx)
    if not scene.outputs:
        missing = [f"Not deployed yet: resumectl deploy --env {ctx.env.name}"]
        parts = _parts(drift.pending(ctx, scene), None)
        return Outcome({**known, "parts": parts, "missing": missing})
    drifted = drift.find(ctx, scene, lenient=True)
    released = scene.heads.released
    return Outcome(
        {
            **known,
            **_front_door(ctx, scene.outputs),
            "release": released.summary() if released else None,
            "urls": record.urls(scene.outputs),
            "parts": _parts(drift.pending(ctx, scene), drifted),
            "drift": [drift.describe(change, drifted) for change in drifted.plan.changes],
            "checks": list(released.smoke) if released else [],
            "missing": [f"{part} not compared: {why}" for part, why in drifted.unchecked.items()],
        }
    )


def stopped(env: str) -> Outcome:
    """The embedded cloud is not running, so nothing can be asked."""
    start = f"resumectl local start, or resumectl deploy --env {env}"
    return Outcome({**_EMPTY, "missing": [f"The embedded cloud is not running: {start}"]})


def _front_door(ctx: Context, outputs: Outputs) -> dict[str, int | None]:
    """What a visitor would see; None where there is no answer."""
    with ctx.steps(_SITE):
        url = outputs["site_url"]
        return {"visitors": visitors(url), "certificate_days": certificate_days(url)}


def _parts(
    waiting: Mapping[str, int | None], drifted: Drifted | None
) -> dict[str, dict[str, int | None]]:
    """By part: how many changes wait, and how many drifted; None where that is not known."""
    return {
        part: {"to_deploy": count, "drifted": _count(part, drifted)}
        for part, count in waiting.items()
    }


def _count(part: str, drifted: Drifted | None) -> int | None:
    if drifted is None or part in drifted.unchecked:
        return None
    return len(drifted.plan.of(part))
