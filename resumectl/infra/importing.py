"""Planning so that nothing is created twice: what exists outside the state is imported.

Only when a plan would create something is it looked for, so a plan without creations costs nothing
more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resumectl import aws
from resumectl.infra import inventory
from resumectl.infra.module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resumectl.infra.inventory import Account
    from resumectl.infra.runner import Watch
    from resumectl.infra.workspace import Planned, Workspace, Workspaces

_FOLDER = "imports"


@dataclass(frozen=True)
class Importer:
    """Plans configurations of one environment.

    Attributes:
        account: what a look-up may use, and what makes a resource ours.
        note: told how many resources will be imported.
    """

    workspaces: Workspaces
    account: Callable[[], Account]
    note: Callable[[str], None]

    def plan(
        self,
        module: Module,
        workspace: Workspace,
        watch: Callable[[], Watch],
        targets: Sequence[str] = (),
    ) -> tuple[Workspace, Planned]:
        """Plan a configuration; returns what can apply that plan, too.

        Args:
            module: the worktree's configuration, or that of a release.
            workspace: Terraform with that configuration.
            watch: makes whoever watches a plan.
            targets: as for `Workspace.plan`.

        Raises:
            Refused: something of a planned name exists, and is not ours.
            TerraformError: Terraform could not make a plan.
        """
        planned = workspace.plan(watch(), targets=targets)
        existing = self.existing(planned)
        if not existing:
            return workspace, planned
        what = "1 resource" if len(existing) == 1 else f"{len(existing)} resources"
        self.note(f"Importing {what} that an interrupted deploy created.")
        importing = self.importing(module, existing)
        return importing, importing.plan(watch(), targets=targets)

    def existing(self, planned: Planned) -> dict[str, str]:
        """Of what a plan would create, what exists already: the id to import it by, by address.

        Raises:
            Refused: something of a planned name is not ours.
        """
        created = {
            address: fields
            for address, fields in planned.wanted.items()
            if address not in planned.live
        }
        if not created:
            return {}
        with aws.translated("looking for resources that exist already"):
            return inventory.existing(self.account(), created)

    def importing(self, module: Module, existing: Mapping[str, str]) -> Workspace:
        """Terraform with the configuration and an import block for each address."""
        files = {**module.files, inventory.FILE: inventory.import_blocks(existing)}
        return self.workspaces.open_beside(Module(files, module.variables), _FOLDER)
