"""Recording: a release is drafted before anything is changed, and written when all is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from resumectl import __version__, interrupts
from resumectl.errors import Locked, ResumectlError
from resumectl.progress import Step
from resumectl.release.record import Release

if TYPE_CHECKING:
    from resumectl.part import Outputs
    from resumectl.plan import Plan
    from resumectl.release.record import Kind
    from resumectl.steps.context import Context

_RECORD: Final = Step("record", "Record the release")


def draft(ctx: Context, plan: Plan, kind: Kind, message: str = "") -> Release:
    """Who does what, from which revision; not yet how it ended."""
    return Release(
        id=0,
        env=ctx.env.name,
        time=ctx.origin.now().isoformat(timespec="seconds"),
        status="unverified",
        actor=ctx.origin.actor,
        kind=kind,
        git=ctx.origin.revision(),
        message=message,
        changes=plan.counts(),
        tool=__version__,
    )


def append(ctx: Context, release: Release) -> Release:
    """Write the record; returns the release with its number.

    Raises:
        Locked: the deploy lock is lost. That is what is recorded.
    """
    try:
        return _write(ctx, release, ctx.releases.ledger.append)
    except Locked:
        _write_failure(ctx, release, ctx.releases.ledger.append_without_lock)
        raise


def append_failure(ctx: Context, release: Release) -> None:
    """Write that it failed, if possible: why it failed matters more, and is what is raised."""
    try:
        _write_failure(ctx, release, ctx.releases.ledger.append)
    except Locked:
        _write_failure(ctx, release, ctx.releases.ledger.append_without_lock)


def _write_failure(ctx: Context, release: Release, store: Callable[[Release], Release]) -> None:
    try:
        _write(ctx, replace(release, status="failed", failed_step=ctx.steps.failed), store)
    except Locked:
        raise
    except ResumectlError as error:
        ctx.steps.note(f"Could not record this {release.kind} in the ledger: {error.message}")


def _write(ctx: Context, release: Release, store: Callable[[Release], Release]) -> Release:
    with interrupts.held_back(), ctx.steps(_RECORD) as tell:
        recorded = store(replace(release, timings=dict(ctx.steps.timings)))
        tell(f"#{recorded.id}, {recorded.status}")
    return recorded


def urls(outputs: Outputs) -> dict[str, str]:
    """The URLs of an environment; empty before its first deploy."""
    if not outputs:
        return {}
    return {"site": f"{outputs['site_url']}/", "counter": outputs["counter_url"]}
