"""`deploy`: live -> worktree, applied.

Look, guard, ask, apply each part, test, record. Each part compares with what is live, so after a
failure or Ctrl-C at any point the same command continues. If the smoke test fails, what was changed
returns to the live release before anything is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import Refused
from resumectl.progress import Step
from resumectl.steps import apply, approve, record
from resumectl.steps.compare import check, is_recorded, survey
from resumectl.steps.interrupted import settle
from resumectl.steps.outcome import Outcome
from resumectl.steps.prune import prune
from resumectl.steps.recover import recover

if TYPE_CHECKING:
    from resumectl.part import Outputs
    from resumectl.plan import Plan
    from resumectl.release.record import Release
    from resumectl.steps.approve import Approve
    from resumectl.steps.compare import Survey
    from resumectl.steps.context import Context

_BUCKET: Final = Step("prepare-bucket", "Prepare the project bucket")


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        only: the names of the parts to deploy; empty means all.
        smoke: whether to run the smoke test.
        take_back: whether to return to the live release if it fails.
        message: why, for the ledger.
        force: deploy even if the environment is pinned or data would be lost.
        wait: seconds to wait for the lock.
    """

    only: Sequence[str] = ()
    smoke: bool = True
    take_back: bool = True
    message: str = ""
    force: bool = False
    wait: float = 0.0


def deploy(ctx: Context, options: Options, approval: Approve) -> Outcome:
    """Deploy the repository.

    Raises:
        ResumectlError: nothing was changed, or what was changed is recorded as failed.
    """
    with ctx.steps(_BUCKET):
        ctx.releases.bucket.ensure(ctx.env.region)
    with ctx.locked("deploy", options.wait):
        _refuse_pinned(ctx, options)  # it may have waited for a rollback
        recover(ctx)
        plan = survey(ctx, options.only)
        plan = replace(plan, scene=settle(ctx, plan.scene))
        if not plan.plan and not plan.imports and _is_recorded(ctx, plan):
            return _nothing(ctx, plan)
        check(ctx, plan.scene, plan.comparisons)
        approve.ask(ctx, plan.comparisons, approval, force=options.force)
        return _deploy(ctx, options, plan)


def _refuse_pinned(ctx: Context, options: Options) -> None:
    pin = None if options.force else ctx.releases.pins.read()
    if pin:
        raise Refused(
            f"Environment {ctx.env.name} is {pin.describe()}.",
            hint=f"When the cause is fixed: resumectl unpin --env {ctx.env.name}"
            " (or deploy --force).",
            code="pinned",
        )


def _is_recorded(ctx: Context, plan: Survey) -> bool:
    heads = plan.scene.heads
    if heads.released is None or heads.released is not heads.newest:
        return False
    return is_recorded(ctx, plan.scene, plan.comparisons)


def _nothing(ctx: Context, plan: Survey) -> Outcome:
    return Outcome(_body(ctx, plan.scene.heads.released, plan.plan, plan.scene.outputs))


def _deploy(ctx: Context, options: Options, plan: Survey) -> Outcome:
    draft = record.draft(ctx, plan.plan, "deploy", options.message)
    choices = apply.Choices(options.smoke, options.take_back)
    ending = apply.carry_out(ctx, plan.scene, plan.comparisons, draft, choices)
    if ending.error is None:
        prune(ctx, ending.outputs, plan.scene.heads)
    body = _body(ctx, ending.release, plan.plan, ending.outputs)
    return Outcome({**body, "recorded": True, "checks": list(ending.release.smoke)}, ending.error)


def _body(ctx: Context, release: Release | None, plan: Plan, outputs: Outputs) -> dict[str, Any]:
    return {
        "release": release.summary() if release else None,
        "recorded": False,
        "changes": [change.as_json() for change in plan.changes],
        "urls": record.urls(outputs),
        "timings": ctx.steps.timings,
        "checks": [],
    }
