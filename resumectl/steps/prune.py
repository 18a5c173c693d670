"""Deleting releases that are expired, and what failed deploys uploaded, unless another needs it.

The record of a release goes last, so an interrupted pruning continues next time. Nothing here fails
a deploy: it is recorded already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.errors import Refused, ResumectlError
from resumectl.parallel import side_by_side
from resumectl.progress import Step
from resumectl.release import retention

if TYPE_CHECKING:
    from resumectl.part import Outputs
    from resumectl.release.ledger import Heads
    from resumectl.release.record import Release
    from resumectl.steps.context import Context

_PRUNE: Final = Step("prune", "Prune old releases")
_LANES: Final = 16


def prune(ctx: Context, outputs: Outputs, before: Heads) -> None:
    """Prune what the settings allow; a failure is reported and left for the next time.

    Args:
        ctx: the environment; a release was just recorded.
        outputs: of the parts.
        before: the heads until then.
    """
    try:
        with aws.translated("pruning old releases"):
            numbers = ctx.releases.ledger.numbers()
            failed = before.newest is not None and before.newest.status == "failed"
            if failed or _may_be_old(ctx, numbers):
                _prune(ctx, numbers, outputs)
    except ResumectlError as error:
        ctx.steps.note(f"Some old releases were not pruned: {error.message}")


def _may_be_old(ctx: Context, numbers: Sequence[int]) -> bool:
    """Whether it is worth reading all records."""
    if len(numbers) <= ctx.retention.keep:
        return False
    oldest = _read(ctx, numbers[-1])
    return retention.is_old(oldest, ctx.retention, ctx.origin.now())


def _prune(ctx: Context, numbers: Sequence[int], outputs: Outputs) -> None:
    releases = side_by_side(lambda number: _read(ctx, number), numbers, lanes=_LANES)
    old = retention.expired(releases, ctx.retention, ctx.origin.now(), _pinned(ctx))
    needless = retention.needless(releases, old)
    if not old and not needless:
        return
    with ctx.steps(_PRUNE) as tell:
        for part in ctx.parts:
            if part.name in needless:
                part.prune(needless[part.name], outputs)
        for release in old:
            ctx.releases.ledger.forget(release.id)
        tell(f"{len(old)}, up to #{old[-1].id}" if old else "what failed deploys uploaded")


def _read(ctx: Context, number: int) -> Release:
    """A listed release. What one that cannot be read needs is not known, so nothing is deleted."""
    release = ctx.releases.ledger.read(number)
    if release is None:
        raise Refused(f"Release #{number} is listed, but was not found.")
    return release


def _pinned(ctx: Context) -> int | None:
    pin = ctx.releases.pins.read()
    if pin is not None and pin.release is None:
        raise Refused(f"Environment {ctx.env.name} is {pin.describe()}.")
    return pin.release if pin else None
