"""What Terraform has to do, as data, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from resumectl.infra.module import Module
from resumectl.infra.state import State
from resumectl.part import Comparison

if TYPE_CHECKING:
    from resumectl.infra.stream import Event
    from resumectl.infra.workspace import Workspace
    from resumectl.part import Changes
    from resumectl.plan import Change
    from resumectl.progress import Tell


@dataclass(frozen=True)
class InfraComparison(Comparison[State, Module]):
    """What Terraform has to do.

    Attributes:
        workspace: applies the saved plan.
        changed: whether the plan does anything, including changes that are not shown.
        strays: for a removal, what exists but is not in the state: import id by address.
    """

    workspace: Workspace | None = None
    changed: bool = False
    strays: Mapping[str, str] | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether the live release was made with this configuration and this state."""
        return self.wanted is None or self.live.applied == (self.wanted.digest, self.live.serial)


def undeclared(changes: Iterable[Change]) -> list[Change]:
    """The changes of what Terraform does not know."""
    return [change for change in changes if change.kind == "unmanaged"]


def way_back(changes: Iterable[Change]) -> Changes:
    """The way back of each change."""
    return tuple(replace(change, before=change.after, after=change.before) for change in changes)


@dataclass
class PlanProgress:
    """Counts the resources that Terraform has refreshed, then those it plans to change."""

    tell: Tell
    count: dict[str, int] = field(default_factory=lambda: {"refreshed": 0, "planned": 0})

    def event(self, event: Event) -> None:
        """Count an event."""
        if event.progress in self.count:
            self.count[event.progress] += 1
            refreshed, planned = self.count.values()
            self.tell(f"{planned} to change" if planned else f"{refreshed} refreshed")


@dataclass
class ApplyProgress:
    """Counts the resources that Terraform has finished."""

    tell: Tell
    total: int
    done: int = 0

    def event(self, event: Event) -> None:
        """Count an event."""
        self.done += event.progress == "done"
        if self.done >= self.total:
            self.tell(f"{self.total} resources")
        elif event.progress in ("started", "done"):
            self.tell(f"{self.done} of {self.total}, {event.address.removeprefix('aws_')}")
