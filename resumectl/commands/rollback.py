"""`rollback`: live -> an earlier release, function and site; and `unpin`.

The pin is set first: a deploy that comes meanwhile, or after a rollback that was interrupted, must not undo it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from resumectl.commands import smoke
from resumectl.errors import Refused
from resumectl.plan import Plan
from resumectl.release.pin import Pin
from resumectl.steps import record, recover, restore
from resumectl.steps.live import Live, function_of, look
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.commands.deploy import Approve
    from resumectl.errors import SmokeFailed
    from resumectl.release.ledger import Release
    from resumectl.release.lock import Holder
    from resumectl.steps.context import Context

_SETTLE = 20.0


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        release: the number to go back to; None for the last verified release before the live one.
        only_plan: show what would be done, and change nothing.
        message: why, for the pin and the ledger.
        wait: seconds to wait for the lock.
    """

    release: int | None = None
    only_plan: bool = False
    message: str = ""
    wait: float = 0.0


def rollback(ctx: Context, options: Options, approve: Approve) -> Outcome:
    """Serve an earlier release again.

    Raises:
        Refused: there is no such release, it failed, or what it was made of is gone; nothing was changed.
    """
    ctx.require_release()
    if options.only_plan:
        _, target, plan = _prepare(ctx, options)
        return Outcome(_body(target, plan))
    with ctx.locked("rollback", options.wait) as interrupted:
        with ctx.step("Look for an interrupted run"):
            recover.readable_state(ctx)
            ended = _ended(ctx, options, interrupted)
        if ended:
            return _outcome(ctx, ended, Plan())
        live, target, plan = _prepare(ctx, options)
        if plan:
            approve(plan)
        return _rollback(ctx, options, live, target, plan)


def unpin(ctx: Context) -> Outcome:
    """Let deploys through again."""
    with ctx.step("Unpin the environment"):
        pin = ctx.pins.read()
        if pin:
            ctx.pins.remove()
    return Outcome({"unpinned": pin is not None, "release": pin.release if pin else None})


def _ended(ctx: Context, options: Options, interrupted: Holder | None) -> Release | None:
    """What an interrupted rollback recorded, if it came so far: the same command again must not go back once more."""
    if interrupted is None or interrupted.command != "rollback" or options.release is not None:
        return None
    newest = ctx.ledger.heads()[0]
    if newest is None or newest.status != "verified" or newest.rollback_of is None:
        return None
    if datetime.fromisoformat(newest.time) < datetime.fromisoformat(interrupted.time):
        return None
    ctx.steps.progress.note(
        f"The interrupted rollback to release #{newest.rollback_of} had ended well."
    )
    return newest


def _prepare(ctx: Context, options: Options) -> tuple[Live, Release, Plan]:
    with ctx.step("Look at what is live"):
        ctx.deployed_state()
        live = look(ctx)
        target = _target(ctx, options.release, live)
        changes = restore.changes(live, target).changes
        plan = Plan(tuple(change for change in changes if change.key != "$LATEST"))
        restore.check(ctx, live.state, target, plan)
    return live, target, plan


def _target(ctx: Context, number: int | None, live: Live) -> Release:
    """The release to go back to.

    Raises:
        Refused: there is none.
    """
    if number is None:
        return _previous(ctx, live)
    found = ctx.ledger.read(number)
    if found is None:
        raise Refused(
            f"There is no release #{number}.",
            hint="resumectl history shows them.",
            code="unknown-release",
        )
    if found.status == "failed":
        raise Refused(
            f"Release #{number} failed at: {found.failed_step}.",
            hint="Choose a verified one: resumectl history.",
        )
    if not (found.function and found.site):
        raise Refused(
            f"Release #{number} holds no site and code.",
            hint="Choose another one: resumectl history.",
        )
    return found


def _previous(ctx: Context, live: Live) -> Release:
    """The last verified release before what is live, which can be a deploy that failed and was left in place."""
    released = live.released
    if released and released.status == "verified" and _left_in_place(live, released):
        return released
    before = released.origin if released else 0
    earlier = (release for release in ctx.ledger.newest_first() if release.id < before)
    verified = next(
        (found for found in earlier if found.status == "verified" and found.origin == found.id),
        None,
    )
    if verified is None:
        raise Refused(
            "There is no verified release before the live one.",
            hint="resumectl history shows them.",
        )
    return verified


def _left_in_place(live: Live, released: Release) -> bool:
    newest = live.newest
    if newest is None or newest.status != "failed" or newest.taken_back_to is not None:
        return False
    return newest.rollback_of is None and bool(
        restore.changes(live, released)
    )  # a rollback that failed goes on


def _rollback(ctx: Context, options: Options, live: Live, target: Release, plan: Plan) -> Outcome:
    draft = record.draft(ctx, plan, options.message or f"rollback to {target.id}")
    draft = replace(draft, rollback_of=target.id, infra=live.applied)
    with ctx.step("Pin the environment"):
        ctx.pins.set(Pin(target.id, ctx.actor, draft.time, options.message))
    try:
        manifest = restore.carry_out(ctx, live, target, plan)
        pages = {key: entry.sha256 for key, entry in manifest.items()}
        checks = smoke.check(ctx, live.state, pages, settle=_SETTLE)
        function = function_of(ctx, live.state).record
    except BaseException:
        record.failure(ctx, draft)
        raise
    error = smoke.failure(checks)
    release = replace(
        draft,
        status="failed" if error else "verified",
        failed_step=smoke.STEP if error else None,
        function=function,
        site=record.site_now(manifest),
        urls=record.urls(live.state),
        smoke=tuple(check.as_json() for check in checks),
    )
    return _outcome(ctx, record.append(ctx, release), plan, target, error)


def _outcome(
    ctx: Context,
    recorded: Release,
    plan: Plan,
    target: Release | None = None,
    error: SmokeFailed | None = None,
) -> Outcome:
    body = _body(target or ctx.ledger.read(recorded.rollback_of or 0) or recorded, plan)
    done = {
        "release": recorded.summary(),
        "checks": list(recorded.smoke),
        "timings": ctx.steps.timings,
    }
    return Outcome({**body, **done, "urls": dict(recorded.urls)}, error)


def _body(target: Release, plan: Plan) -> dict[str, Any]:
    return {
        "target": target.id,
        "release": None,
        "changes": [change.as_json() for change in plan.changes],
        "urls": dict(target.urls),
        "timings": {},
        "checks": [],
        "not_rolled_back": ["infrastructure", "the counter's data"],
        "revision": target.git.get("revision"),
    }
