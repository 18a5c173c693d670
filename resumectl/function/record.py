"""What a release remembers of the function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from resumectl.function.deployed import LATEST
from resumectl.release.record import Record

if TYPE_CHECKING:
    from resumectl.function.deployed import Deployed
    from resumectl.release.record import Need


@dataclass(frozen=True)
class FunctionRecord(Record):
    """The version behind the alias.

    Attributes:
        version: its number.
        sha256: of its zip, in hexadecimal.
        settings: what it runs with; environment variables as a digest.
        routing: the share of traffic that went to other versions.
        latest: the SHA-256 of the unpublished code.
    """

    version: str
    sha256: str
    settings: Mapping[str, Any]
    routing: Mapping[str, float]
    latest: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def content(self) -> object:
        return self.sha256, self.settings, self.routing

    def needs(self) -> frozenset[Need]:
        """The version, and the zips by digest."""
        packages = {("package", self.sha256), ("package", self.latest)}
        return frozenset({("version", self.version, self.sha256), *packages})

    @classmethod
    def of(cls, deployed: Deployed) -> FunctionRecord | None:
        """The record of what is live; None if nothing is published."""
        live, latest = deployed.live, deployed.latest
        if not live or not latest or live.version == LATEST:
            return None
        settings, routing = dict(live.settings), dict(deployed.routing)
        return cls(live.version, live.sha256, settings, routing, latest.sha256)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FunctionRecord:
        # Keys that a newer resumectl added are left alone.
        return cls(**{name: document[name] for name in cls.__dataclass_fields__})
