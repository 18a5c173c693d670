"""`destroy`: delete everything that deploy made in an environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from resumectl.errors import Refused
from resumectl.progress import Step
from resumectl.steps import record
from resumectl.steps.compare import plan_of
from resumectl.steps.interrupted import settle
from resumectl.steps.look import Scene
from resumectl.steps.outcome import Outcome
from resumectl.steps.recover import recover

if TYPE_CHECKING:
    from resumectl.part import AnyPart
    from resumectl.plan import Plan
    from resumectl.steps.approve import Approve
    from resumectl.steps.compare import AnyComparison
    from resumectl.steps.context import Context

_BUCKET: Final = Step("find-bucket", "Look for the project bucket")


def destroy(ctx: Context, approval: Approve) -> Outcome:
    """Delete the environment's resources, protected ones too; the project bucket stays.

    Raises:
        Refused: the answer is no, the name was not typed, or the project bucket was lost.
    """
    with ctx.steps(_BUCKET):
        if ctx.releases.bucket.is_absent():
            _refuse_lost(ctx)
            return Outcome({"changes": []})
        ctx.releases.bucket.ensure(ctx.env.region)  # it may be half made
    with ctx.locked("destroy"):
        recover(ctx)
        heads = settle(ctx, Scene(ctx.releases.ledger.heads())).heads
        removals = [(part, part.removal(heads)) for part in ctx.parts]
        plan = plan_of(removal for _, removal in removals if removal)
        if plan:
            _ask(ctx, plan, approval)
            _destroy(ctx, plan, removals)
        ctx.releases.pins.remove()  # nothing is left that a deploy could undo
    return Outcome({"changes": [change.as_json() for change in plan.changes]})


def _destroy(
    ctx: Context, plan: Plan, removals: Sequence[tuple[AnyPart, AnyComparison | None]]
) -> None:
    draft = record.draft(ctx, plan, "destroy")
    try:
        for part, removal in removals:
            if removal:
                part.apply(removal, {})
    except BaseException:
        record.append_failure(ctx, draft)
        raise
    record.append(ctx, replace(draft, status="destroyed"))


def _refuse_lost(ctx: Context) -> None:
    """Without its bucket, an environment that was deployed from here may still be there."""
    bucket = ctx.releases.bucket
    if bucket.project and bucket.project.remembered and not ctx.env.emulator:
        raise Refused(
            f"The project bucket {bucket.name} is gone, but {ctx.env.name} may have been deployed.",
            hint=f"First find its resources again: resumectl deploy --env {ctx.env.name}",
            code="bucket-lost",
        )


def _ask(ctx: Context, plan: Plan, approval: Approve) -> None:
    env = ctx.env
    if env.protected:
        why = f"Environment {env.name} is protected, and all of its data would be deleted."
        approval.name(env.name, why)
    approval(plan)
