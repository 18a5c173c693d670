"""Before a deploy: mend what an interrupted one left behind. Each mending says one line; none needs an expert.

What counts as ours is provable: an apply that this machine has on record and that has ended; versions of the state
object; an `errored.tfstate` of the same lineage. Everything else is left alone and named. Resources that the state does
not know are found later, when a plan would make them (`takeover`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl.errors import Locked, TerraformError
from resumectl.infra import runs
from resumectl.infra import state as states
from resumectl.infra.configuration import ERRORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from resumectl.infra.runs import Unfinished
    from resumectl.infra.state import State
    from resumectl.steps.context import Context

_KEPT: Final = {
    **dict.fromkeys(
        ("aws_dynamodb_table", "aws_s3_bucket", "aws_cloudfront_distribution"), "it holds data"
    ),
    "aws_cloudfront_function": "a second one of its name cannot be made first",
}
"""What an interrupted creation leaves tainted and is kept all the same, and why."""


def recover(ctx: Context) -> None:
    """Mend what can be mended. The deploy lock must be held.

    Raises:
        Locked: somebody else's Terraform holds the state.
        TerraformError: the state is gone or broken, and no earlier version of it can be read.
    """
    unfinished = runs.unfinished(ctx.work)
    if any(run.alive for run in unfinished):
        ctx.steps.progress.note("Waiting for Terraform of an interrupted run.")
    for run in unfinished:
        run.wait()
    with ctx.step("Look for an interrupted run"):
        _release_state_lock(ctx, unfinished)
        state = _push_errored(ctx, readable_state(ctx))
        _untaint(ctx, state)
    for run in unfinished:
        run.forget()


def _release_state_lock(ctx: Context, unfinished: Sequence[Unfinished]) -> None:
    """Terraform's own lock is ours when it was taken while an apply ran here that has ended since."""
    lock = ctx.terraform_lock.read()
    if lock is None:
        return
    if not (
        lock.who.endswith(f"@{ctx.actor['host']}")
        and any(run.took(lock.created) for run in unfinished)
    ):
        raise Locked(
            f"Terraform's state is locked by {lock.describe()}.",
            hint=f"If nobody runs Terraform any more: resumectl unlock --env {ctx.env.name}",
        )
    ctx.terraform_lock.release(lock)
    ctx.steps.progress.note(
        f"Released Terraform's state lock of {lock.describe()}: that process has ended."
    )


def readable_state(ctx: Context) -> State | None:
    """The state, or None before the first deploy. One that is gone or broken is brought back: its newest good version.

    Raises:
        TerraformError: it is gone or broken, and no version of it can be read.
    """
    try:
        found, broken = ctx.state(), False
    except TerraformError:
        found, broken = None, True
    if found is not None:
        return found
    version = states.newest_readable(ctx.s3, ctx.bucket, ctx.env.name)
    if version is None and (broken or _was_recorded(ctx)):
        raise TerraformError(
            f"The Terraform state of {ctx.env.name} is {'broken' if broken else 'gone'}, and no version of it is good.",
            hint="docs/runbook.md, 'A broken state'. Nothing was changed.",
            code="terraform.state-missing",
        )
    return _restored(ctx, version, "broken" if broken else "gone") if version else None


def _was_recorded(ctx: Context) -> bool:
    """Whether a release says that there was a state."""
    return any(release and release.infra.get("serial") for release in ctx.ledger.heads())


def _restored(ctx: Context, version: str, how: str) -> State:
    restored = states.restore(ctx.s3, ctx.bucket, ctx.env.name, version)
    ctx.steps.progress.note(
        f"The Terraform state was {how}: brought back its newest good version, serial {restored.serial}."
    )
    return restored


def _push_errored(ctx: Context, state: State | None) -> State | None:
    """A state that Terraform could not upload lies where it ran, and knows more than the stored one."""
    for file in _errored(ctx):
        try:
            errored = states.parse(file.read_bytes(), ctx.env.name)
        except TerraformError:
            _set_aside(ctx, file, "errored-broken.tfstate")
            continue
        if state is None or (errored.lineage == state.lineage and errored.serial > state.serial):
            ctx.infra.command("state", "push", "-lock=false", str(file))
            ctx.steps.progress.note(
                f"Saved the state that an interrupted run could not save (serial {errored.serial})."
            )
            state = errored
        _set_aside(ctx, file, f"errored-{errored.serial}-{errored.lineage[:8]}.tfstate")
    return state


def _errored(ctx: Context) -> Iterator[Path]:
    """Beside the configuration; where an earlier release or an import was planned, it is a copy in the run's folder."""
    for folder in (ctx.module.directory, *sorted((ctx.work / "run").glob("*/*"))):
        if (folder / ERRORED).is_file():
            yield folder / ERRORED


def _set_aside(ctx: Context, file: Path, name: str) -> None:
    (ctx.work / name).write_bytes(file.read_bytes())
    file.unlink()
    ctx.steps.progress.note(f"Kept {ERRORED} as {ctx.work / name}.")


def _untaint(ctx: Context, state: State | None) -> None:
    """What holds data is never made anew because its creation was interrupted, and what cannot be is not tried."""
    for resource in state.resources if state else ():
        if resource.tainted and resource.type in _KEPT:
            ctx.infra.command("untaint", "-lock=false", resource.address)
            why = _KEPT[resource.type]
            ctx.steps.progress.note(
                f"Keeping {resource.address}, whose creation was interrupted: {why}."
            )
