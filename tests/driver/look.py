"""What two moments of a world are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.driver import live

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws


@dataclass(frozen=True)
class Look:
    """One environment at one moment.

    Attributes:
        served: the SHA-256 of every object of the site.
        alias: version and code behind the alias.
        records: the ledger, the newest first.
    """

    served: dict[str, str]
    alias: tuple[str, str] | None
    records: list[dict[str, Any]]

    @classmethod
    def at(cls, aws: Aws, env: str) -> Look:
        return cls(live.served(aws, env), live.alias(aws, env), live.records(aws, env))

    @property
    def newest(self) -> int:
        """The number of the newest record; 0 if there is none."""
        return int(self.records[0]["id"]) if self.records else 0

    @property
    def code(self) -> str | None:
        """The digest of the code behind the alias."""
        return self.alias[1] if self.alias else None

    @property
    def released(self) -> dict[str, Any] | None:
        """The newest record that did not fail; None once destroyed."""
        found = next((row for row in self.records if row["status"] != "failed"), None)
        return None if found is None or found["status"] == "destroyed" else found

    @property
    def visible(self) -> tuple[dict[str, str], str | None]:
        """What visitors meet."""
        return self.served, self.code
