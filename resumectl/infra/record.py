"""What a release remembers of the infrastructure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from resumectl.infra import guard
from resumectl.release.record import Record

if TYPE_CHECKING:
    from resumectl.infra.state import State
    from resumectl.release.record import Need


@dataclass(frozen=True)
class InfraRecord(Record):
    """The digest of the applied configuration, and the serial of Terraform's state after it.

    Attributes:
        tables: the addresses of the tables that were there, so that one that is gone is noticed
            although Terraform's state has forgotten it, too.
    """

    digest: str
    serial: int
    tables: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, digest: str, state: State) -> InfraRecord:
        """The record of a configuration that was applied, and of the state after it."""
        addresses = (row.address for row in state.resources if row.type == guard.TABLE)
        return cls(digest, state.serial, tuple(sorted(addresses)))

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "tables": list(self.tables)}

    def summary(self) -> dict[str, Any]:
        return {"digest": self.digest, "serial": self.serial}

    def needs(self) -> frozenset[Need]:
        """The kept configuration, by digest."""
        return frozenset({(self.digest,)})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> InfraRecord:
        tables = tuple(map(str, document.get("tables", ())))
        return cls(str(document["digest"]), int(document["serial"]), tables)
