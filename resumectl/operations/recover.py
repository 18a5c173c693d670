"""Before a deploy: mend what an interrupted one left behind. Each mending says one line; none needs an expert.

What counts as ours is provable: a Terraform that this machine recorded as running and that is gone; versions of the
state object; an `errored.tfstate` of the same lineage. Everything else is left alone and named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl import process
from resumectl.errors import Locked, TerraformError
from resumectl.infra import state as states

if TYPE_CHECKING:
    from resumectl.infra.state import State
    from resumectl.operations.context import Context

_HOLDS_DATA: Final = ("aws_dynamodb_table", "aws_s3_bucket", "aws_cloudfront_distribution")
_ERRORED: Final = "errored.tfstate"


def recover(ctx: Context) -> None:
    """Mend what can be mended. The deploy lock must be held.

    Raises:
        Locked: somebody else's Terraform holds the state.
        TerraformError: the state is gone or broken, and no earlier version of it can be read.
    """
    note = ctx.steps.progress.note
    crashed = process.await_all(ctx.work / "run", "terraform.pid", note, "Waiting for Terraform of an interrupted run.")
    with ctx.step("Look for an interrupted run"):
        _release_state_lock(ctx, crashed)
        state = _restored(ctx)
        state = _push_errored(ctx, state)
        _untaint(ctx, state)


def _release_state_lock(ctx: Context, crashed: float | None) -> None:
    """Terraform's own lock is ours when the Terraform that died here began before it was taken."""
    lock = ctx.terraform_lock.read()
    if lock is None:
        return
    if crashed is None or not lock.who.endswith(f"@{ctx.actor['host']}"):
        raise Locked(
            f"Terraform's state is locked by {lock.describe()}.",
            hint=f"If nobody runs Terraform any more: resumectl unlock --env {ctx.env.name}",
        )
    ctx.terraform_lock.release(lock)
    ctx.steps.progress.note(f"Released Terraform's state lock of {lock.describe()}: that process has ended.")


def _restored(ctx: Context) -> State | None:
    """The state; when the object is gone or broken although a release was recorded, its newest readable version."""
    newest = ctx.ledger.heads()[0]
    expected = newest is not None and newest.status != "destroyed" and bool(newest.infra.get("serial"))
    try:
        found = ctx.state()
    except TerraformError:
        found, expected = None, True
    if found is not None or not expected:
        return found
    version = states.newest_readable(ctx.s3, ctx.bucket, ctx.env.name)
    if version is None:
        raise TerraformError(
            f"The Terraform state of {ctx.env.name} is gone, and no earlier version of it can be read.",
            hint="Deploying now would make everything a second time. docs/runbook.md, 'A broken state'.",
            code="terraform.state-missing",
        )
    restored = states.restore(ctx.s3, ctx.bucket, ctx.env.name, version)
    ctx.steps.progress.note(
        f"The Terraform state was gone or broken: brought back its version with serial {restored.serial}."
    )
    return restored


def _push_errored(ctx: Context, state: State | None) -> State | None:
    """A state that Terraform could not upload lies beside the configuration, and knows more than the stored one."""
    file = ctx.module.directory / _ERRORED
    if not file.is_file():
        return state
    errored = states.parse(file.read_bytes(), ctx.env.name)
    kept = ctx.work / f"errored-{errored.serial}.tfstate"
    if state is None or (errored.lineage == state.lineage and errored.serial > state.serial):
        ctx.infra.command("state", "push", str(file))
        ctx.steps.progress.note(f"Pushed the state that an interrupted run could not save (serial {errored.serial}).")
        state = errored
    kept.write_bytes(file.read_bytes())
    file.unlink()
    return state


def _untaint(ctx: Context, state: State | None) -> None:
    """What holds data is never made anew because its creation was interrupted."""
    for resource in state.resources if state else ():
        if resource.tainted and resource.type in _HOLDS_DATA:
            ctx.infra.command("untaint", "-lock=false", resource.address)
            ctx.steps.progress.note(f"Keeping {resource.address}, whose creation was interrupted: it holds data.")
