"""Deletes an environment's resources: those that were shown, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from resumectl.errors import Refused
from resumectl.infra import guard
from resumectl.infra.comparison import InfraComparison
from resumectl.infra.runner import Watch
from resumectl.plan import diff
from resumectl.progress import Step

if TYPE_CHECKING:
    from resumectl.infra.importing import Importer
    from resumectl.infra.module import Module
    from resumectl.infra.state import State
    from resumectl.infra.workspace import Planned, Workspace, Workspaces
    from resumectl.part import Changes
    from resumectl.progress import Steps

_PART: Final = "infra"
_PLAN: Final = Step("plan-deletion", "Plan the deletion")
_UNPROTECT: Final = Step("unprotect-infra", "Lift the deletion protection")
_DELETE: Final = Step("delete-infra", "Delete the infrastructure")


@dataclass(frozen=True)
class Removal:
    """Plans and carries out the deletion of an environment's resources."""

    workspaces: Workspaces
    importer: Importer
    steps: Steps

    def compare(self, module: Module, live: State, *, state_is_recorded: bool) -> InfraComparison:
        """Everything that a deploy created. Writes nothing.

        Args:
            module: the worktree's configuration.
            live: Terraform's state.
            state_is_recorded: whether a release recorded this state; if not, an interrupted deploy
                may have created more than the state knows.
        """
        with self.steps(_PLAN):
            strays, extra = ({}, ()) if state_is_recorded else self._strays(module)
            workspace = self.workspaces.open(module)
            planned = workspace.plan(Watch(), "destroy")
        changes = (*diff(_PART, planned.live, planned.wanted), *extra)
        return InfraComparison(
            *(_PART, live, module, changes),
            workspace=workspace,
            changed=planned.changed,
            strays=strays,
        )

    def apply(self, removal: InfraComparison) -> None:
        """Delete it: strays are imported and protection is lifted just before.

        Raises:
            Refused: a resource that was not shown would be deleted, too.
        """
        module, workspace = removal.wanted, removal.workspace
        if module is None or workspace is None:
            return
        if removal.strays:
            importing = self.importer.importing(module, removal.strays)
            importing.plan(Watch(), targets=list(removal.strays))
            importing.apply(Watch())
        protected = guard.protected(removal.changes)
        if protected:
            module = replace(module, variables={**module.variables, "protected": False})
            workspace = self._unprotect(module, protected)
        if removal.strays or protected:
            _refuse_more(removal, workspace.plan(Watch(), "destroy"))
        with self.steps(_DELETE) as tell:
            workspace.apply(Watch(lambda event: tell(f"{event.progress} {event.address}")))

    def _strays(self, module: Module) -> tuple[dict[str, str], Changes]:
        planned = self.workspaces.open(module).plan(Watch())
        existing = self.importer.existing(planned)
        for error in existing.others.values():  # not ours to delete
            self.steps.note(f"Left alone: {error.message}")
        strays = dict(existing.ours)
        return strays, diff(_PART, {address: planned.wanted[address] for address in strays}, {})

    def _unprotect(self, module: Module, protected: list[str]) -> Workspace:
        """Lift the protection; without that the deletion stops halfway."""
        with self.steps(_UNPROTECT):
            workspace = self.workspaces.open(module)
            if workspace.plan(Watch(), targets=protected).changed:
                workspace.apply(Watch())
        return workspace


def _refuse_more(removal: InfraComparison, planned: Planned) -> None:
    shown = {change.key for change in removal.changes}
    more = sorted(planned.live.keys() - shown)
    if more:
        raise Refused(
            f"The deletion would now also delete {', '.join(more[:3])}, which was not shown.",
            hint="Run the same command again to see all of it.",
        )
