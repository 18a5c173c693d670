"""Planning the infrastructure so that nothing is made twice: what the state does not know, but exists, is imported.

Only when a plan would make something is it looked for, so a plan without creations costs nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl import aws
from resumectl.errors import Refused
from resumectl.infra import inventory, runs
from resumectl.infra.part import Module
from resumectl.infra.runner import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.infra.part import Infra, Planned
    from resumectl.steps.context import Context


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
    found = _existing(ctx, planned)
    if not found:
        return terraform, planned
    terraform = _importing(ctx, module, found)
    return terraform, terraform.plan(watch(), targets=targets)


def complete(ctx: Context) -> None:
    """Have the state know everything that exists, and make nothing: what is then deleted leaves nothing behind."""
    try:
        found = _existing(ctx, ctx.infra.plan(Watch()))
    except Refused as error:  # not ours to delete
        ctx.steps.progress.note(error.message)
        return
    if found:
        terraform = _importing(ctx, ctx.module, found)
        terraform.plan(Watch(), targets=list(found))
        terraform.apply(Watch())


def _existing(ctx: Context, planned: Planned) -> dict[str, str]:
    created = {
        address: fields for address, fields in planned.wanted.items() if address not in planned.live
    }
    if not created:
        return {}
    tags = {"Project": ctx.settings.name, "Environment": ctx.env.name, "ManagedBy": "resumectl"}
    with aws.translated("looking for resources that exist already"):
        return inventory.existing(
            inventory.Account(ctx.cloud.client, ctx.cloud.account_id, ctx.cloud.region, tags),
            created,
        )


def _importing(ctx: Context, module: Module, found: Mapping[str, str]) -> Infra:
    what, them = ("1 resource", "it") if len(found) == 1 else (f"{len(found)} resources", "them")
    ctx.steps.progress.note(f"Found {what} that an interrupted deploy made: taking {them} over.")
    copy = runs.folder(ctx.work) / "imports"
    inventory.with_imports(module.directory, copy, found)
    return ctx.infra_of(Module(copy, module.variables))
