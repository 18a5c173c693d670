"""Planning the infrastructure so that nothing is made twice: what the state does not know, but exists, is imported.

Only when a plan would make something is it looked for, so a plan without creations costs nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl import aws
from resumectl.infra import existing, runs
from resumectl.infra.existing.ask import Ask
from resumectl.infra.part import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.infra.part import Infra, Planned
    from resumectl.infra.runner import Watch
    from resumectl.operations.context import Context


def plan(
    ctx: Context, module: Module, watch: Callable[[], Watch], targets: Sequence[str] = ()
) -> tuple[Infra, Planned]:
    """Plan a configuration; gives what can apply that plan, too.

    Args:
        ctx: the environment.
        module: the worktree's configuration, or that of a release.
        watch: makes whoever watches a plan.
        targets: as for `Infra.plan`.

    Raises:
        Refused: something of a planned name exists, and is not ours.
        TerraformError: Terraform could not make a plan.
    """
    terraform = ctx.infra_of(module)
    planned = terraform.plan(watch(), targets=targets)
    created = {address: fields for address, fields in planned.wanted.items() if address not in planned.live}
    found = _existing(ctx, created) if created else {}
    if not found:
        return terraform, planned
    ctx.steps.progress.note(_said(len(found)))
    copy = runs.folder(ctx.work) / "imports"
    existing.with_imports(module.directory, copy, found)
    terraform = ctx.infra_of(Module(copy, module.variables))
    return terraform, terraform.plan(watch(), targets=targets)


def _existing(ctx: Context, created: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    tags = {"Project": ctx.settings.name, "Environment": ctx.env.name, "ManagedBy": "resumectl"}
    with aws.translated("looking for resources that exist already"):
        return existing.find(Ask(ctx.cloud.client, ctx.cloud.account_id, ctx.cloud.region, tags), created)


def _said(count: int) -> str:
    what, them = ("1 resource", "it") if count == 1 else (f"{count} resources", "them")
    return f"Found {what} that an interrupted deploy made: taking {them} over."
