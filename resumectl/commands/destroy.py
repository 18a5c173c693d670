"""`destroy`: delete everything that deploy made in an environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resumectl.infra import part as infra
from resumectl.infra.runner import Watch
from resumectl.plan import Plan, diff, resource_type
from resumectl.release import bucket
from resumectl.steps import record, recover, takeover, worktree
from resumectl.steps.live import Live
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.commands.deploy import Approve
    from resumectl.infra.part import Infra
    from resumectl.steps.context import Context


def destroy(ctx: Context, approve: Approve) -> Outcome:
    """Delete the environment's resources, protected ones too; the project bucket with its ledger stays.

    Raises:
        Refused: the question was not answered with yes, or the name was not typed.
    """
    with ctx.step("Look for the project bucket"):
        if not bucket.exists(ctx.s3, ctx.bucket):
            return Outcome({"changes": []})
    with ctx.locked("destroy"):
        recover.recover(ctx)
        worktree.package(ctx.settings, ctx.steps, infra.package(ctx.work))
        with ctx.step("Plan the deletion"):
            if not _is_recorded(ctx):
                takeover.complete(ctx)
            planned = ctx.infra.plan(Watch(), "destroy")
        plan = Plan(diff("infra", planned.live, planned.wanted))
        if plan:
            _delete(ctx, plan, approve)
            record.append(ctx, replace(record.draft(ctx, plan, "destroy"), status="destroyed"))
    return Outcome({"changes": [change.as_json() for change in plan.changes]})


def _is_recorded(ctx: Context) -> bool:
    """Whether the state is as a deploy recorded it; an interrupted one may have made more than the state knows."""
    state = ctx.state()
    newest, released = ctx.ledger.heads()
    applied = Live(newest=newest, released=released).applied
    return state is not None and state.serial == applied.get("serial")


def _delete(ctx: Context, plan: Plan, approve: Approve) -> None:
    if ctx.env.protected:
        approve.name(
            ctx.env.name,
            f"Environment {ctx.env.name} is protected, and all of its data would be deleted.",
        )
    approve(plan)
    guarded = _guarded(plan)
    terraform = _unguarded(ctx, guarded) if guarded else ctx.infra
    with ctx.step("Delete the infrastructure") as tell:
        terraform.apply(Watch(lambda event: tell(f"{event.progress} {event.address}")))


def _guarded(plan: Plan) -> list[str]:
    """What refuses to be deleted: AWS refuses a protected table, Terraform a bucket that is not empty."""
    live = {change.key: change.before or {} for change in plan.changes}
    tables = [
        address for address, fields in live.items() if fields.get("deletion_protection_enabled")
    ]
    buckets = [address for address in live if resource_type(address) == "aws_s3_bucket"]
    return tables + [address for address in buckets if not live[address].get("force_destroy")]


def _unguarded(ctx: Context, guarded: list[str]) -> Infra:
    """Lift the protection first: else the deletion stops halfway, when the distribution is gone already."""
    with ctx.step("Lift the protection"):
        terraform = ctx.infra_of(
            replace(ctx.module, variables={**ctx.module.variables, "protected": False})
        )
        if terraform.plan(Watch(), targets=guarded).changed:
            terraform.apply(Watch())
        terraform.plan(Watch(), "destroy")
    return terraform
