"""Plans that create nothing twice: resources that exist outside the state are imported.

AWS is only asked if a plan would create something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resumectl import aws
from resumectl.errors import Refused
from resumectl.infra import inventory
from resumectl.infra.inventory import Existing
from resumectl.infra.module import Module

if TYPE_CHECKING:
    from resumectl.infra.inventory import Account
    from resumectl.infra.runner import Watch
    from resumectl.infra.workspace import Planned, Workspace, Workspaces

_FOLDER = "imports"


@dataclass(frozen=True)
class Importer:
    """Plans configurations of one environment.

    Attributes:
        account: where to look, and what proves that a resource is ours.
        note: reports how many resources will be imported.
    """

    workspaces: Workspaces
    account: Callable[[], Account]
    note: Callable[[str], None]

    def plan(
        self,
        module: Module,
        workspace: Workspace,
        watch: Callable[[], Watch],
        targets: Sequence[str] | None = None,
    ) -> tuple[Workspace, Planned]:
        """Plan a configuration; returns the plan and the workspace that can apply it.

        Args:
            module: the worktree's configuration, or that of a release.
            workspace: Terraform with that configuration.
            watch: returns a watcher for each plan.
            targets: as for `Workspace.plan`.

        Raises:
            Refused: a planned name is taken by something that is not ours.
            TerraformError: Terraform could not make a plan.
        """
        planned = workspace.plan(watch(), targets=targets)
        existing = self.existing(planned)
        if existing.others:
            raise _first(tuple(existing.others.values()))
        ours = existing.ours
        if not ours:
            return workspace, planned
        what = "1 resource" if len(ours) == 1 else f"{len(ours)} resources"
        self.note(f"Importing {what} that an interrupted deploy created.")
        importing = self.importing(module, ours)
        return importing, importing.plan(watch(), targets=targets)

    def existing(self, planned: Planned) -> Existing:
        """The resources that a plan would create although they exist."""
        created = {
            address: fields
            for address, fields in planned.wanted.items()
            if address not in planned.live
        }
        if not created:
            return Existing({})
        with aws.translated("looking for resources that exist already"):
            return inventory.existing(self.account(), created)

    def importing(self, module: Module, existing: Mapping[str, str]) -> Workspace:
        """Terraform with the configuration and an import block for each address."""
        files = {**module.files, inventory.FILE: inventory.import_blocks(existing)}
        return self.workspaces.open_beside(Module(files, module.variables), _FOLDER)


def _first(errors: Sequence[Refused]) -> Refused:
    """The first error, and how many more resources are not ours."""
    first, more = errors[0], len(errors) - 1
    message = f"{first.message} And {more} more." if more else first.message
    return Refused(message, hint=first.hint, code=first.code)
