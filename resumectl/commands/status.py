"""`status`: one screen. What cannot be asked is named as missing; it does not fail the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from resumectl import aws
from resumectl.errors import ResumectlError
from resumectl.progress import Step
from resumectl.smoke.facts import front_door
from resumectl.steps import drift, record
from resumectl.steps.look import LOOK, look_around, may_be_missing
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.part import Outputs
    from resumectl.steps.context import Context
    from resumectl.steps.drift import Drifted
    from resumectl.steps.look import Scene

T = TypeVar("T")
Facts = Callable[[str], dict[str, int | None]]
_LOCKS: Final = Step("read-locks", "Read lock and pin")
_SITE: Final = Step("ask-site", "Ask the site")
_UNKNOWN: Final = ("release", "pin", "lock", "visitors", "certificate_days")
_LISTS: Final[Mapping[str, Any]] = {
    "urls": {},
    "parts": {},
    "drift": [],
    "unseen": [],
    "checks": [],
}
_EMPTY: Final = {**dict.fromkeys(_UNKNOWN), **_LISTS, "missing": []}


def status(ctx: Context, facts: Facts = front_door) -> Outcome:
    """What is live, whether it is what was released, and what waits to be deployed.

    Args:
        ctx: the environment.
        facts: asks the site at a URL.
    """
    missing: list[str] = []
    with ctx.steps(_LOCKS):
        held = _asked(ctx.releases.lock.read, "the lock", missing)
        pin = _asked(ctx.releases.pins.read, "the pin", missing)
    known = {**_EMPTY, "lock": held and held.describe(), "pin": pin and pin.describe()}
    with ctx.steps(LOOK):
        scene = look_around(ctx)
    missing += [f"Could not read {name}: {why}" for name, why in scene.unread.items()]
    if not scene.outputs:
        if not scene.unread:
            missing.append(f"Not deployed yet: resumectl deploy --env {ctx.env.name}")
        parts = _parts(drift.pending(ctx, scene), None)
        return Outcome({**known, **_release(scene), "parts": parts, "missing": missing})
    drifted = drift.find(ctx, scene, lenient=True)
    unchecked = drifted.unchecked.items()
    missing += [f"{part} not compared: {why}" for part, why in unchecked if part in scene.lives]
    unseen = [str(one) for looks in drifted.unseen.values() for one in looks]
    missing += [f"Could not look at: {', '.join(unseen)}"] if unseen else []
    return Outcome(
        {
            **known,
            **_front_door(ctx, facts, scene.outputs),
            **_release(scene),
            "urls": record.urls(scene.outputs),
            "parts": _parts(drift.pending(ctx, scene), drifted),
            "drift": [drift.describe(change, drifted) for change in drifted.plan.changes],
            "unseen": drift.unseen(drifted),
            "missing": missing,
        }
    )


def _asked(read: Callable[[], T], what: str, missing: list[str]) -> T | None:
    """What was read; None if AWS did not tell, and then `missing` says why."""
    try:
        with aws.translated(f"reading {what}"):
            return read()
    except ResumectlError as error:
        if not may_be_missing(error):
            raise
        missing.append(f"Could not read {what}: {' '.join(error.message.split())}")
        return None


def _release(scene: Scene) -> dict[str, Any]:
    released = scene.heads.released
    return {
        "release": released.summary() if released else None,
        "checks": list(released.smoke) if released else [],
    }


def stopped(env: str) -> Outcome:
    """The embedded cloud is not running, so nothing can be asked."""
    start = f"resumectl local start, or resumectl deploy --env {env}"
    return Outcome({**_EMPTY, "missing": [f"The embedded cloud is not running: {start}"]})


def _front_door(ctx: Context, facts: Facts, outputs: Outputs) -> dict[str, int | None]:
    with ctx.steps(_SITE):
        return facts(outputs["site_url"])


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
    # Nothing found by a look that partly failed does not mean that nothing drifted.
    return len(drifted.plan.of(part)) or (None if part in drifted.unseen else 0)
