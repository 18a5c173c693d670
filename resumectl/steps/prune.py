"""Deleting releases that are expired, with everything that no other release needs.

The record of a release goes last, so an interrupted pruning continues next time. Nothing here fails
a deploy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.errors import ResumectlError
from resumectl.parallel import side_by_side
from resumectl.progress import Step
from resumectl.release import retention

if TYPE_CHECKING:
    from resumectl.part import Outputs
    from resumectl.release.record import Release
    from resumectl.steps.context import Context

_PRUNE: Final = Step("prune", "Prune old releases")
_LANES: Final = 16


def prune(ctx: Context, outputs: Outputs) -> None:
    """Prune what the settings allow; a failure is reported and left for the next time."""
    try:
        with aws.translated("looking for old releases"):
            numbers = ctx.releases.ledger.numbers()
            old = _prunable(ctx, numbers)
        if old:
            with ctx.steps(_PRUNE) as tell:
                _delete(ctx, numbers, old, outputs)
                tell(f"{len(old)}, up to #{old[-1].id}")
    except ResumectlError as error:
        ctx.steps.note(f"Some old releases were not pruned: {error.message}")


def _prunable(ctx: Context, numbers: Sequence[int]) -> list[Release]:
    """The releases to prune, the oldest first."""
    ledger = ctx.releases.ledger
    candidates = retention.candidates(numbers, ctx.retention)
    if not candidates:
        return []
    pin = ctx.releases.pins.read()
    spared = retention.spared(ledger.newest_first(), pin.release if pin else None)
    readable = (release for number in candidates if (release := ledger.read(number)))
    expired = retention.expired(readable, ctx.retention, ctx.origin.now())
    return [release for release in expired if release.id not in spared]


def _delete(ctx: Context, numbers: Sequence[int], old: Sequence[Release], outputs: Outputs) -> None:
    ledger = ctx.releases.ledger
    kept = sorted(set(numbers) - {release.id for release in old})
    releases = [release for release in side_by_side(ledger.read, kept, lanes=_LANES) if release]
    needed, needless = retention.needs(releases), retention.needs(old)
    for part in ctx.parts:
        only = needless.get(part.name, frozenset()) - needed.get(part.name, frozenset())
        if only:
            part.prune(only, outputs)
    for release in old:
        ledger.forget(release.id)
