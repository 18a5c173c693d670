"""Applies an approved plan, and goes on if Terraform stumbles over its own work.

A request whose response is lost is sent again, and then what the first one created is in its way:
"already exists". The next deploy would import it. So does this one, as long as that changes nothing
that was not shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resumectl.errors import Refused, TerraformError
from resumectl.infra import guard
from resumectl.infra.comparison import ApplyProgress, InfraComparison
from resumectl.infra.runner import Watch
from resumectl.plan import diff
from resumectl.progress import Step

if TYPE_CHECKING:
    from resumectl.infra.importing import Importer
    from resumectl.infra.workspace import Planned, Workspace, Workspaces
    from resumectl.part import Changes
    from resumectl.progress import Steps

_APPLY: Final = Step("apply-infra", "Apply the infrastructure")
_EXISTS: Final = re.compile("already ?(exist|own)", re.IGNORECASE)
"""As in EntityAlreadyExists, "Function already exist" and BucketAlreadyOwnedByYou."""


@dataclass(frozen=True)
class Applying:
    """Applies what Terraform planned."""

    workspaces: Workspaces
    importer: Importer
    steps: Steps

    def apply(self, comparison: InfraComparison) -> None:
        """Apply the saved plan of a comparison.

        Raises:
            Locked: the deploy lock is lost.
            TerraformError: a resource could not be created, changed or deleted.
        """
        if comparison.workspace is None:
            return
        with self.steps(_APPLY) as tell:
            total = sum(change.kind is None for change in comparison.changes)
            try:
                comparison.workspace.apply(Watch(ApplyProgress(tell, total).event))
            except TerraformError as error:
                rest = self._rest(comparison) if _EXISTS.search(error.message) else None
                if rest is None:
                    raise
                rest.apply(Watch(ApplyProgress(tell, total).event))

    def refresh(self, workspace: Workspace) -> None:
        """Write down what AWS has, although there is nothing to change.

        A setting that was changed by hand and then declared needs no apply, so nothing else would
        ever save it, and it would be reported as drift.
        """
        with self.steps(_APPLY):
            workspace.refresh()

    def _rest(self, comparison: InfraComparison) -> Workspace | None:
        """What is left to do, with what exists imported; None if that is not all of it."""
        module = comparison.wanted
        if module is None:
            return None
        try:
            workspace, planned = self.importer.plan(module, self.workspaces.open(module), Watch)
        except (Refused, TerraformError):
            return None  # the first error says more
        return workspace if planned.imported and _was_shown(planned, comparison) else None


def _was_shown(planned: Planned, comparison: InfraComparison) -> bool:
    left = diff(comparison.part, planned.live, planned.wanted)
    return _what(left) <= _what(comparison.changes) and not guard.losses(left)


def _what(changes: Changes) -> set[tuple[str, bool]]:
    """What changes, and whether it is deleted: a creation becomes an import and an update."""
    return {(change.key, change.after is None) for change in changes}
