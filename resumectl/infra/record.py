"""What a release remembers of the infrastructure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from resumectl.release.record import Record

if TYPE_CHECKING:
    from resumectl.release.record import Need


@dataclass(frozen=True)
class InfraRecord(Record):
    """The digest of the applied configuration, and the serial of Terraform's state after it."""

    digest: str
    serial: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def needs(self) -> frozenset[Need]:
        """The kept configuration, by digest."""
        return frozenset({(self.digest,)})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> InfraRecord:
        return cls(str(document["digest"]), int(document["serial"]))
