"""Recording: a release is drafted before anything is changed, and written when all is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from resumectl import __version__
from resumectl.errors import ResumectlError
from resumectl.infra import configuration
from resumectl.release import actor
from resumectl.release.ledger import Release
from resumectl.site import part
from resumectl.steps.live import function_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.function.archive import Archive
    from resumectl.infra.state import State
    from resumectl.plan import Plan
    from resumectl.site.manifest import ReleasedObject
    from resumectl.steps.context import Context


def draft(ctx: Context, plan: Plan, message: str) -> Release:
    """Who does what, from which revision; not yet how it ended."""
    return Release(
        id=0,
        env=ctx.env.name,
        time=ctx.now().isoformat(timespec="seconds"),
        status="unverified",
        actor=ctx.actor,
        git=actor.revision(ctx.settings.root),
        message=message,
        changes=plan.counts(),
        tool=__version__,
    )


def append(ctx: Context, release: Release) -> Release:
    """Write the record; gives it with its number."""
    with ctx.step("Record the release") as tell:
        recorded = ctx.ledger.append(replace(release, timings=dict(ctx.steps.timings)))
        tell(f"#{recorded.id}, {recorded.status}")
    return recorded


def failure(ctx: Context, draft: Release) -> None:
    """Write that it failed, if that can be written: why it failed matters more, and is what is raised."""
    try:
        append(ctx, replace(draft, status="failed", failed_step=ctx.steps.failed))
    except ResumectlError as error:
        ctx.steps.progress.note(f"The ledger does not have this attempt: {error.message}")


def infra_now(ctx: Context, state: State) -> dict[str, Any]:
    """What a release says of the infrastructure that was just applied; keeps its configuration."""
    digest = ctx.infra_digest()
    ctx.artifacts.keep(
        "infra", digest, configuration.pack(ctx.module.directory, ctx.module.variables)
    )
    return {"digest": digest, "serial": state.serial}


def function_now(ctx: Context, state: State, archive: Archive) -> dict[str, Any]:
    """What a release says of the function that was just published; keeps its zip."""
    ctx.artifacts.keep("function", archive.sha256, archive.data)
    return function_of(ctx, state).record


def site_now(manifest: Mapping[str, ReleasedObject]) -> dict[str, dict[str, Any]]:
    """What a release says of the site."""
    return part.manifest_as_json(manifest)


def urls(state: State) -> dict[str, str]:
    """The addresses of an environment; empty before its first deploy."""
    if not state.complete:
        return {}
    return {"site": f"{state.outputs['site_url']}/", "counter": state.outputs["counter_url"]}
