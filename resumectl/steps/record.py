"""Recording: a release is drafted before anything is changed, and written when all is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from resumectl import __version__
from resumectl.errors import ResumectlError
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
    """Write the record; returns the release with its number."""
    with ctx.steps(_RECORD) as tell:
        timed = replace(release, timings=dict(ctx.steps.timings))
        recorded = ctx.releases.ledger.append(timed)
        tell(f"#{recorded.id}, {recorded.status}")
    return recorded


def append_failure(ctx: Context, release: Release) -> None:
    """Write that it failed, if possible: why it failed matters more, and is what is raised."""
    try:
        append(ctx, replace(release, status="failed", failed_step=ctx.steps.failed))
    except ResumectlError as error:
        ctx.steps.note(f"Could not record this {release.kind} in the ledger: {error.message}")


def urls(outputs: Outputs) -> dict[str, str]:
    """The URLs of an environment; empty before its first deploy."""
    if not outputs:
        return {}
    return {"site": f"{outputs['site_url']}/", "counter": outputs["counter_url"]}
