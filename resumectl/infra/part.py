"""The infrastructure: Terraform's resources of one environment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from resumectl.errors import ResumectlError
from resumectl.infra import backup, guard, harmless, inventory, kept, statelock
from resumectl.infra import state as states
from resumectl.infra.applying import Applying
from resumectl.infra.comparison import InfraComparison, PlanProgress, undeclared, way_back
from resumectl.infra.drift import Comparer, lacking
from resumectl.infra.module import Module
from resumectl.infra.record import InfraRecord
from resumectl.infra.removal import Removal
from resumectl.infra.runner import Watch
from resumectl.infra.snapshot import settled
from resumectl.infra.state import EMPTY, State
from resumectl.part import Applied, Comparison, Drift, Part
from resumectl.plan import diff, of_kind
from resumectl.progress import Step

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.importing import Importer
    from resumectl.infra.recovery import Recovery
    from resumectl.infra.statelock import StateLock
    from resumectl.infra.workspace import Planned, Workspace, Workspaces
    from resumectl.part import Changes, Outputs
    from resumectl.progress import Steps
    from resumectl.release.artifacts import Artifacts
    from resumectl.release.bucket import ProjectBucket
    from resumectl.release.ledger import Heads
    from resumectl.release.record import Need, Release

_PLAN: Final = Step("plan-infra", "Plan the infrastructure")
_REMOVE: Final = Step("remove-undeclared", "Remove undeclared resources")


@dataclass(frozen=True)
class InfraPart(Part[State, Module]):
    """Terraform's resources of one environment.

    Attributes:
        module: reads the worktree's configuration.
        package: writes the zip of a release's function, from which Terraform recreates a deleted
            function; returns its path, or None if the zip is not kept.
        client: gives the boto3 client of a service.
    """

    name: ClassVar[str] = "infra"
    rolls_back: ClassVar[bool] = False
    harmless: ClassVar[frozenset[str]] = harmless.ATTRIBUTES

    bucket: ProjectBucket
    workspaces: Workspaces
    importer: Importer
    recovery: Recovery
    artifacts: Artifacts
    steps: Steps
    module: Callable[[], Module]
    package: Callable[[Release], Path | None]
    client: Callable[[str], Client]

    # --- looking

    def worktree(self) -> Module:
        return self.module()

    def released(self, release: Release) -> Module:
        """The configuration that was applied; the worktree's if it is not kept.

        Raises:
            Refused: the worktree changed a value that is not kept, because it can be secret.
        """
        return self._with_code(self._recorded(release.parts.get(self.name)).exactly(), release)

    def _with_code(self, module: Module, release: Release) -> Module:
        """A deleted function is recreated from the released code, not from the worktree's."""
        package = self.package(release)
        if package is None:
            return module
        function = {**module.variables["function"], "package": str(package)}
        return replace(module, variables={**module.variables, "function": function})

    def live(self, outputs: Outputs, released: Release | None) -> State:
        record = released.parts.get(self.name) if released else None
        state = states.read(self.bucket) or EMPTY
        if not isinstance(record, InfraRecord):
            return state
        applied = (record.digest, record.serial)
        return replace(state, released=frozenset(record.tables), applied=applied)

    def outputs(self, live: State) -> Outputs:
        return live.outputs if live.complete else {}

    def pending(self, heads: Heads) -> int | None:
        record = heads.standing(self.name)
        applied = record.digest if isinstance(record, InfraRecord) else None
        try:
            return int(applied != self.module().digest)
        except ResumectlError:
            return None

    # --- comparing

    def compare(
        self, live: State, wanted: Module | None, earlier: Changes, stop: threading.Event
    ) -> InfraComparison:
        if wanted is None:
            return InfraComparison(self.name, live, None)
        with self.steps(_PLAN) as tell:
            workspace, planned = self.importer.plan(
                wanted,
                self.workspaces.open(wanted),
                lambda: Watch(PlanProgress(tell).event, stop),
            )
        return self._comparison(live, wanted, workspace, planned)

    def losses(self, comparison: Comparison[State, Module]) -> Sequence[str]:
        emptied = [
            f"{key} was deleted, and an empty one would be created. {self._advice(table)}"
            for key, table in guard.gone(comparison.changes, comparison.live).items()
        ]
        return [*guard.losses(comparison.changes), *emptied]

    def is_recorded(self, comparison: Comparison[State, Module], heads: Heads) -> bool:
        wanted = comparison.wanted
        if wanted is None:
            return True
        return heads.record(self.name) == InfraRecord(wanted.digest, comparison.live.serial)

    def record(self, document: Mapping[str, Any]) -> InfraRecord:
        return InfraRecord.from_json(document)

    # --- writing

    def apply(self, comparison: Comparison[State, Module], outputs: Outputs) -> Applied:
        if not isinstance(comparison, InfraComparison):  # a rollback leaves it as it is
            return Applied(None)
        if comparison.strays is not None:
            self._removal.apply(comparison)
            return Applied(None)
        state = comparison.live
        if comparison.workspace and comparison.changed:
            self._applying.apply(comparison)
            state = states.read_complete(self.bucket)
        elif comparison.workspace and not comparison.is_recorded:
            self._applying.refresh(comparison.workspace)
            state = states.read_complete(self.bucket)
        self._remove_undeclared(comparison)
        if comparison.wanted is None:
            return Applied(None, self.outputs(state))
        module = comparison.wanted
        self.artifacts.keep(module.digest, kept.pack(module))
        return Applied(InfraRecord.of(module.digest, state), self.outputs(state))

    def intent(self, comparison: Comparison[State, Module]) -> Mapping[str, Any] | None:
        """The configuration to keep, if it is not the recorded one."""
        wanted, applied = comparison.wanted, comparison.live.applied or ()
        return {"digest": wanted.digest} if wanted and wanted.digest not in applied else None

    def left(
        self, intent: Mapping[str, Any], live: State | None, outputs: Outputs
    ) -> frozenset[Need]:
        digest = str(intent["digest"])
        return frozenset({(digest,)} if self.artifacts.has(digest) else ())

    def prune(self, needs: Iterable[Need], outputs: Outputs) -> None:
        for (digest,) in sorted(needs):
            self.artifacts.delete(digest)

    def recover(self, *, for_apply: bool) -> None:
        if for_apply:
            self.recovery.recover()
        else:
            self.recovery.readable_state()

    # --- drift

    def drift(self, heads: Heads, live: State, stop: threading.Event) -> Drift:
        record = heads.standing(self.name)
        module = self._recorded(record).nearly(self.steps.note)
        comparer = Comparer(self.workspaces, self.importer, self.steps, self.client)
        drift = comparer.find(module, record, live, stop)
        return replace(drift, lost=self._lost(drift.changes))

    def revert(
        self, heads: Heads, live: State, drift: Changes, ignored: Changes
    ) -> InfraComparison:
        """What Terraform would do to get back to the released configuration."""
        if heads.released is None or not drift:
            return InfraComparison(self.name, live, None)
        resources = [change.key for change in drift if change.kind in ("changed", "deleted")]
        resources += lacking(drift)
        module = self._with_code(
            self._recorded(heads.standing(self.name)).exactly(), heads.released
        )
        with self.steps(_PLAN):
            workspace, planned = self.importer.plan(
                module,
                self.workspaces.open_beside(module, "released"),
                Watch,
                targets=resources if ignored else None,
            )
        comparison = self._comparison(live, module, workspace, planned)
        extra = way_back(undeclared(drift))
        return replace(comparison, changes=(*comparison.changes, *extra))

    def remaining(self, reverted: Changes) -> Changes:
        """What Terraform left alone, because terraform/ does not declare it."""
        state = states.read(self.bucket) or EMPTY
        now = {resource.address: settled(resource.attributes) for resource in state.resources}
        return tuple(
            change
            for change in reverted
            if change.after and change.key in now
            if any(change.after.get(name) == now[change.key].get(name) for name in change.fields)
        )

    def lock(self) -> StateLock | None:
        return statelock.read(self.bucket)

    def removal(self, heads: Heads) -> InfraComparison:
        record = heads.standing(self.name)
        live = states.read(self.bucket) or EMPTY
        recorded = isinstance(record, InfraRecord) and record.serial == live.serial
        module = self._recorded(record).module if recorded else self.module()
        return self._removal.compare(module, live, state_is_recorded=recorded)

    def _comparison(
        self, live: State, wanted: Module, workspace: Workspace, planned: Planned
    ) -> InfraComparison:
        changes = diff(self.name, planned.live, planned.wanted)
        outputs = of_kind("output", diff(self.name, *planned.outputs))
        return InfraComparison(
            *(self.name, live, wanted, changes + outputs, len(planned.imported)),
            workspace=workspace,
            changed=planned.changed,
        )

    def _recorded(self, record: object) -> kept.Kept:
        data = self.artifacts.read(record.digest) if isinstance(record, InfraRecord) else None
        return kept.or_worktree(data, self.module())

    def _remove_undeclared(self, comparison: InfraComparison) -> None:
        extra = undeclared(comparison.changes)
        if not extra:
            return
        with self.steps(_REMOVE) as tell:
            for change in extra:
                tell(change.key)
                inventory.remove(self.client, comparison.live, way_back([change])[0])

    def _lost(self, changes: Changes) -> tuple[str, ...]:
        tables, buckets = guard.deleted(changes)
        counts = [
            f"{key} was deleted, with every count in it; an empty one needs deploy --force."
            f" {self._advice(table)}"
            for key, table in tables.items()
        ]
        objects = [
            f"{key} was deleted, with every version of every object. Only a deploy uploads them"
            " again"
            for key in buckets
        ]
        return (*counts, *objects)

    def _advice(self, table: str) -> str:
        return backup.advice(table, backup.of_deleted(self.client("dynamodb"), table))

    @property
    def _applying(self) -> Applying:
        return Applying(self.workspaces, self.importer, self.steps)

    @property
    def _removal(self) -> Removal:
        return Removal(self.workspaces, self.importer, self.steps)
