"""How AWS differs from the released configuration.

Terraform compares what its state knows. A resource that the state lost (`state rm`, an older state
object) would look undeclared, or not be looked at: so unless the state is the recorded one and
nothing looks undeclared, the released configuration is asked, too, and the look-up is repeated with
what the state lacks. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from resumectl.infra import inventory
from resumectl.infra.record import InfraRecord
from resumectl.infra.runner import Watch
from resumectl.infra.state import Resource, State
from resumectl.part import Drift
from resumectl.plan import diff, of_kind, resource_type
from resumectl.progress import Step

if TYPE_CHECKING:
    import threading

    from resumectl.aws import Client
    from resumectl.infra.importing import Importer
    from resumectl.infra.module import Module
    from resumectl.infra.workspace import Planned, Workspace, Workspaces
    from resumectl.part import Changes, Unseen
    from resumectl.progress import Steps

_PART: Final = "infra"
_COMPARE: Final = Step("compare-infra", "Compare the infrastructure")
_CHECK: Final = Step("check-state", "Check Terraform's state")
_UNDECLARED: Final = Step("find-undeclared", "Look for undeclared resources")
_STATE: Final = "terraform.state"
_LACKS: Final = "lacks"


@dataclass(frozen=True)
class _Lost:
    """What the released configuration declares and Terraform's state does not know.

    Attributes:
        resources: those that AWS has, as it has them.
        changes: their settings that drifted, and those that AWS does not have, either.
    """

    resources: tuple[Resource, ...] = ()
    changes: Changes = ()


@dataclass(frozen=True)
class Comparer:
    """Compares one environment with what was released.

    Attributes:
        client: gives the boto3 client of a service.
    """

    workspaces: Workspaces
    importer: Importer
    steps: Steps
    client: Callable[[str], Client]

    def find(self, module: Module, record: object, live: State, stop: threading.Event) -> Drift:
        """How live differs from the released configuration.

        Args:
            module: the released configuration.
            record: what was recorded last of the infrastructure, if anything.
            live: Terraform's state.
            stop: set when the result is not needed any more.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="undeclared") as pool:
            looking = pool.submit(self._undeclared, live)
            with self.steps(_COMPARE):
                workspace = self.workspaces.open_beside(module, "released")
                planned = workspace.plan(Watch(abandon=stop), "refresh-only")
            undeclared, unseen = looking.result()
        lost = _Lost()
        if undeclared or not _is_recorded(record, live):
            with self.steps(_CHECK):
                lost = self._lost(module, workspace, live, stop)
        if lost.resources:
            known = replace(live, resources=(*live.resources, *lost.resources))
            undeclared, unseen = self._undeclared(known)
        changed = _of_kinds(diff(_PART, planned.live, planned.wanted))
        state = _state_drift(record, live, lost)
        return Drift((*state, *changed, *lost.changes, *undeclared), planned.since, unseen=unseen)

    def _undeclared(self, live: State) -> tuple[Changes, tuple[Unseen, ...]]:
        with self.steps(_UNDECLARED):
            return inventory.undeclared(self.client, live)

    def _lost(
        self, module: Module, workspace: Workspace, live: State, stop: threading.Event
    ) -> _Lost:
        planned = workspace.plan(Watch(abandon=stop))
        existing = self.importer.existing(planned)
        for error in existing.others.values():  # ours was deleted, and somebody took its name
            self.steps.note(error.message)
        if existing.ours:
            planned = self.importer.importing(module, existing.ours).plan(Watch(abandon=stop))
        resources = tuple(
            Resource(address, resource_type(address), tainted=False, attributes=fields)
            for address, fields in planned.imported.items()
        )
        return _Lost(resources, _unknown(planned, live))


def lacking(drift: Changes) -> list[str]:
    """Of drift that was found, the addresses that exist and that Terraform's state lacks."""
    return [
        address
        for change in drift
        if change.key == _STATE and change.after
        for address in change.after.get(_LACKS, ())
    ]


def _is_recorded(record: object, live: State) -> bool:
    return isinstance(record, InfraRecord) and record.serial == live.serial


def _unknown(planned: Planned, live: State) -> Changes:
    """Released -> live, for what the state does not know."""
    known = {resource.address for resource in live.resources}
    released = {key: fields for key, fields in planned.wanted.items() if key not in known}
    now = {key: planned.live[key] for key in released if key in planned.live}
    return _of_kinds(diff(_PART, released, now))


def _of_kinds(changes: Changes) -> Changes:
    deleted = of_kind("deleted", [change for change in changes if change.after is None])
    return (*of_kind("changed", [c for c in changes if c.after is not None]), *deleted)


def _state_drift(record: object, live: State, lost: _Lost) -> Changes:
    """The state was written since the last record, by a crashed deploy or by hand."""
    serial = record.serial if isinstance(record, InfraRecord) else live.serial
    lacks = sorted(resource.address for resource in lost.resources)
    before, after = {"serial": serial}, {"serial": live.serial}
    now = {**after, _LACKS: lacks} if lacks else after
    return of_kind("state", diff(_PART, {_STATE: before}, {_STATE: now}))
