"""`drift --fix`: live -> released, for exactly what drifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import Refused, ResumectlError
from resumectl.steps import apply, approve, drift, record
from resumectl.steps.compare import check, is_recorded, plan_of
from resumectl.steps.interrupted import settle
from resumectl.steps.look import look_deployed, require_release
from resumectl.steps.outcome import Outcome
from resumectl.steps.recover import recover

if TYPE_CHECKING:
    from resumectl.part import Changes
    from resumectl.plan import Change, Plan
    from resumectl.release.lock import Holder
    from resumectl.release.record import Release
    from resumectl.steps.approve import Approve
    from resumectl.steps.compare import AnyComparison
    from resumectl.steps.context import Context
    from resumectl.steps.drift import Drifted

_COMMAND: Final = "drift --fix"


def revert(ctx: Context, approval: Approve, *, force: bool) -> Outcome:
    """Revert what drifted, test, record, and look again.

    Raises:
        Refused: data would be lost, or the answer is no.
        ResumectlError: something could not be looked at, or is still different afterwards.
    """
    require_release(ctx)
    with ctx.locked(_COMMAND) as crashed:
        recover(ctx)
        drifted = _seen(ctx)
        if not drifted.plan and not _was_interrupted(drifted, crashed):
            return _nothing(ctx, drifted)
        released = drifted.scene.heads.released
        if released is None:
            hint = f"resumectl deploy --env {ctx.env.name}"
            raise Refused("There is no release to revert to.", hint=hint)
        comparisons = _comparisons(ctx, drifted)
        if not drifted.plan and is_recorded(ctx, drifted.scene, comparisons):
            return _nothing(ctx, drifted)
        approve.ask(ctx, comparisons, approval, force=force)
        return _revert(ctx, drifted, released, comparisons)


def _seen(ctx: Context) -> Drifted:
    """What drifted; a look that failed stops a revert, which would record that all is well."""
    drifted = drift.find(ctx, settle(ctx, look_deployed(ctx)))
    error = drift.blindness(drifted)
    if error:
        raise error
    return drifted


def _was_interrupted(drifted: Drifted, crashed: Holder | None) -> bool:
    """Whether an earlier run may have reverted everything without recording it."""
    newest = drifted.scene.heads.newest
    failed = newest is not None and (newest.kind, newest.status) == ("revert", "failed")
    return failed or (crashed is not None and crashed.command == _COMMAND)


def _nothing(ctx: Context, drifted: Drifted) -> Outcome:
    return Outcome({**drift.body(ctx, drifted), "reverted": False})


def _comparisons(ctx: Context, drifted: Drifted) -> tuple[AnyComparison, ...]:
    """The way back of each part, after making sure that it can be gone."""
    scene = drifted.scene
    comparisons = tuple(
        part.revert(
            *(scene.heads, scene.lives[part.name]),
            *(drifted.plan.of(part.name), drifted.ignored_of(part.name)),
        )
        for part in ctx.parts
    )
    _refuse_ignored(drifted, plan_of(comparisons))
    check(ctx, scene, comparisons)
    return comparisons


def _refuse_ignored(drifted: Drifted, plan: Plan) -> None:
    """What the settings ignore stays. Terraform's targets include what they refer to.

    Raises:
        Refused: the plan would change it.
    """
    ignored = {(change.part, change.key) for change in drifted.ignored}
    keys = [change.key for change in plan.changes if (change.part, change.key) in ignored]
    if keys:
        raise Refused(
            f"The revert would also change {', '.join(keys)}, which resumectl.toml ignores.",
            hint="The rest depends on it. Remove its [[drift.ignore]] entry, or revert the rest"
            " by hand.",
            code="ignored",
        )


def _revert(
    ctx: Context, drifted: Drifted, released: Release, comparisons: Sequence[AnyComparison]
) -> Outcome:
    draft = record.draft(ctx, plan_of(comparisons), "revert")
    draft = replace(draft, status=released.status, revert_of=released.origin, git=released.git)
    ending = apply.carry_out(ctx, drifted.scene, comparisons, draft)
    after = drift.find(ctx, look_deployed(ctx))
    left = [*after.plan.changes, *_remaining(ctx, drifted)]
    body: dict[str, Any] = drift.body(ctx, drifted)
    body |= {"reverted": not left, "release": ending.release.id}
    return Outcome(body, ending.error or _error(left))


def _remaining(ctx: Context, drifted: Drifted) -> Changes:
    return tuple(
        change for part in ctx.parts for change in part.remaining(drifted.plan.of(part.name))
    )


def _error(left: Sequence[Change]) -> ResumectlError | None:
    if not left:
        return None
    names = ", ".join(f"{change.key} ({', '.join(change.fields)})" for change in left[:3])
    many = "1 difference remains" if len(left) == 1 else f"{len(left)} differences remain"
    return ResumectlError(
        f"{many}: {names}.",
        hint="Settings that terraform/ does not declare cannot be reverted."
        " Declare them and deploy, or undo them by hand.",
        code="not-reverted",
    )
