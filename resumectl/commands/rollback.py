"""`rollback`: live -> an earlier release, in the parts that can be served again.

The pin is set first: a deploy that comes meanwhile, or after a rollback that was interrupted, must
not undo it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import Refused
from resumectl.plan import UNPUBLISHED, Plan
from resumectl.progress import Step
from resumectl.release.pin import Pin
from resumectl.release.target import destroyed_since, previous
from resumectl.steps import apply, record
from resumectl.steps.compare import check, plan_of, to_release
from resumectl.steps.interrupted import foresee, settle
from resumectl.steps.look import look_deployed, require_release
from resumectl.steps.outcome import Outcome
from resumectl.steps.recover import recover

if TYPE_CHECKING:
    from resumectl.errors import ResumectlError
    from resumectl.release.lock import Holder
    from resumectl.release.record import Release
    from resumectl.steps.approve import Approve
    from resumectl.steps.compare import AnyComparison
    from resumectl.steps.context import Context
    from resumectl.steps.look import Scene

_CHECK: Final = Step("check-release", "Check what was released")
_PIN: Final = Step("pin", "Pin the environment")


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        release: the number to go back to; None for `release.target.previous`.
        only_plan: show what would be done, and change nothing.
        message: why, for the pin and the ledger.
        wait: seconds to wait for the lock.
    """

    release: int | None = None
    only_plan: bool = False
    message: str = ""
    wait: float = 0.0


@dataclass(frozen=True)
class _WayBack:
    """What it takes to serve a release again."""

    scene: Scene
    target: Release
    comparisons: tuple[AnyComparison, ...]

    @property
    def plan(self) -> Plan:
        return plan_of(self.comparisons)


def rollback(ctx: Context, options: Options, approval: Approve) -> Outcome:
    """Serve an earlier release again.

    Raises:
        Refused: there is no such release, it failed, or what it was made of is gone; nothing was
            changed.
    """
    require_release(ctx)
    if options.only_plan:
        way = _way_back(ctx, options, foresee(ctx, look_deployed(ctx)))
        return Outcome(_body(ctx, way.target, way.plan))
    with ctx.locked("rollback", options.wait) as crashed:
        recover(ctx, for_apply=False)
        ended = _ended(ctx, options, crashed)
        if ended:
            return _outcome(ctx, ended, Plan())
        way = _way_back(ctx, options, settle(ctx, look_deployed(ctx)))
        if way.plan:
            approval(way.plan)
        return _rollback(ctx, options, way)


def _ended(ctx: Context, options: Options, crashed: Holder | None) -> Release | None:
    """What a crashed rollback recorded, if it did: repeating it must not go back once more."""
    if crashed is None or crashed.command != "rollback" or options.release is not None:
        return None
    newest = ctx.releases.ledger.heads().newest
    if newest is None or newest.status == "failed" or newest.rollback_of is None:
        return None
    if newest.actor != crashed.actor:  # two machines' clocks cannot be compared
        return None
    if datetime.fromisoformat(newest.time) < datetime.fromisoformat(crashed.time):
        return None
    ctx.steps.note(f"The interrupted rollback to release #{newest.rollback_of} had finished.")
    return newest


def _way_back(ctx: Context, options: Options, scene: Scene) -> _WayBack:
    with ctx.steps(_CHECK):
        target = _target(ctx, scene, options.release)
        back = to_release(ctx, scene, target)
        comparisons = tuple(_served(comparison, target) for comparison in back)
        check(ctx, scene, comparisons)
    return _WayBack(scene, target, comparisons)


def _served(comparison: AnyComparison, target: Release) -> AnyComparison:
    """Only what visitors get. A part that the target lacks stays as it is."""
    if comparison.part not in target.parts:
        return replace(comparison, wanted=None, changes=())
    changes = tuple(change for change in comparison.changes if change.kind != UNPUBLISHED)
    return replace(comparison, changes=changes)


def _target(ctx: Context, scene: Scene, number: int | None) -> Release:
    """The release to go back to.

    Raises:
        Refused: there is none.
    """
    if number is None:
        return _previous(ctx, scene)
    hint = "resumectl history lists the releases; choose a verified one."
    release = ctx.releases.ledger.read(number)
    if release is None:
        raise Refused(f"There is no release #{number}.", hint=hint, code="unknown-release")
    if release.status == "failed":
        step = f" at: {release.failed_step}" if release.failed_step else ""
        raise Refused(f"Release #{number} failed{step}.", hint=hint)
    if not any(part.rolls_back and part.name in release.parts for part in ctx.parts):
        raise Refused(f"Release #{number} serves nothing.", hint=hint)
    if gone := destroyed_since(ctx.releases.ledger.newest_first(), number):
        what = f"Release #{number} is gone: the environment was destroyed since, by #{gone.id}."
        raise Refused(what, hint=hint)
    return release


def _previous(ctx: Context, scene: Scene) -> Release:
    """The last verified release before what is live, which can be a failed deploy left in place."""
    parts = [part.name for part in ctx.parts if part.rolls_back]
    left = _left_in_place(ctx, scene)
    release = previous(ctx.releases.ledger.newest_first(), parts, left_in_place=left)
    if release is None:
        hint = "resumectl history lists the releases. To choose one: resumectl rollback NUMBER."
        raise Refused("There is no verified release before the live one.", hint=hint)
    return release


def _left_in_place(ctx: Context, scene: Scene) -> bool:
    """Whether a failed deploy changed what is live, and was not taken back."""
    newest, released = scene.heads.newest, scene.heads.released
    if newest is None or newest.status != "failed" or newest.taken_back_to is not None:
        return False
    if released is None or newest.kind == "rollback":  # one that failed goes on
        return False
    back = to_release(ctx, scene, released)
    return bool(plan_of(_served(comparison, released) for comparison in back))


def _rollback(ctx: Context, options: Options, way: _WayBack) -> Outcome:
    target = way.target
    draft = record.draft(ctx, way.plan, "rollback", options.message)
    with ctx.steps(_PIN):
        pin = Pin(target.id, ctx.origin.actor, draft.time, options.message)
        ctx.releases.pins.set(pin)
    draft = replace(draft, rollback_of=target.id)
    ending = apply.carry_out(ctx, way.scene, way.comparisons, draft)
    return _outcome(ctx, ending.release, way.plan, target, ending.error)


def _outcome(
    ctx: Context,
    recorded: Release,
    plan: Plan,
    target: Release | None = None,
    error: ResumectlError | None = None,
) -> Outcome:
    ledger = ctx.releases.ledger
    body = _body(ctx, target or ledger.read(recorded.rollback_of or 0) or recorded, plan)
    done = {
        "release": recorded.summary(),
        "checks": list(recorded.smoke),
        "timings": ctx.steps.timings,
        "urls": dict(recorded.urls),
    }
    return Outcome({**body, **done}, error)


def _body(ctx: Context, target: Release, plan: Plan) -> dict[str, Any]:
    return {
        "target": target.id,
        "release": None,
        "changes": [change.as_json() for change in plan.changes],
        "urls": dict(target.urls),
        "timings": {},
        "checks": [],
        "not_rolled_back": [*_staying(ctx, target), "data"],
        "revision": target.git.get("revision"),
    }


def _staying(ctx: Context, target: Release) -> list[str]:
    """The parts that stay as they are."""
    return [p.name for p in ctx.parts if not p.rolls_back or p.name not in target.parts]
