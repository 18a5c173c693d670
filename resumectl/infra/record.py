"""What a release remembers of the infrastructure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.release.record import Need


@dataclass(frozen=True)
class InfraRecord:
    """The digest of the applied configuration, and the serial of Terraform's state after it."""

    digest: str
    serial: int

    def as_json(self) -> dict[str, Any]:
        """The record as the ledger stores it."""
        return asdict(self)

    def summary(self) -> dict[str, Any]:
        """The same."""
        return self.as_json()

    def needs(self) -> frozenset[Need]:
        """The kept configuration, by digest."""
        return frozenset({(self.digest,)})

    def served(self) -> Mapping[str, str]:
        """Infrastructure serves no file."""
        return {}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> InfraRecord:
        """Read a stored record."""
        return cls(str(document["digest"]), int(document["serial"]))
