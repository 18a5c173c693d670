"""A release, as a value: what a deploy, rollback or revert did and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, get_args

SCHEMA: Final = "resumectl/release/v1"
Status = Literal["verified", "unverified", "failed", "destroyed"]
Kind = Literal["deploy", "rollback", "revert", "destroy"]
Need = tuple[str, ...]
"""Something that a release was made of and that must be kept for it, in its part's own terms."""


class Record(Protocol):
    """What a release remembers of one part: a typed value of that part."""

    def as_json(self) -> dict[str, Any]:
        """The record as the ledger stores it."""
        ...

    def summary(self) -> dict[str, Any]:
        """The record as documents show it: bounded, however large the part is."""
        return self.as_json()

    def content(self) -> object:
        """What visitors get of it: equal for two releases if a rollback would change nothing."""
        return None

    def needs(self) -> frozenset[Need]:
        """What must be kept so that the release can be served again."""
        ...

    def served(self) -> Mapping[str, str]:
        """The SHA-256 of each file that visitors get, by key; empty if the part serves none."""
        return {}


if TYPE_CHECKING:
    Readers = Mapping[str, Callable[[Mapping[str, Any]], Record]]


@dataclass(frozen=True)
class Release:
    """One deploy, rollback or revert, as it ended.

    Attributes:
        status: `verified` (the smoke test passed), `unverified` (it did not run, or could not
            see the site), `failed` (see `failed_step`), `destroyed` (nothing is live any more).
        kind: which command made it.
        parts: what it remembers of each part, by the part's name.
        changes: how many changes of each action, by part.
        failed_step: the id of the step that failed.
        rollback_of: the release that a rollback went back to.
        revert_of: the release whose parts `drift --fix` put back.
        taken_back_to: the release that parts returned to after a failed smoke test.
        uploaded: what it put into AWS and failed with, by part; only for pruning.
        lock_lost: it stopped because somebody else released or took its lock.
        interrupted: it was killed, and recorded by a later command.
    """

    id: int
    env: str
    time: str
    status: Status
    actor: Mapping[str, Any]
    kind: Kind = "deploy"
    git: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    parts: Mapping[str, Record] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    smoke: tuple[Mapping[str, Any], ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    failed_step: str | None = None
    rollback_of: int | None = None
    revert_of: int | None = None
    taken_back_to: int | None = None
    uploaded: Mapping[str, frozenset[Need]] = field(default_factory=dict)
    lock_lost: bool = False
    interrupted: bool = False
    tool: str = ""
    schema: str = SCHEMA

    @property
    def origin(self) -> int:
        """The number of the release that first had what this one serves."""
        return self.rollback_of or self.revert_of or self.id

    @property
    def served(self) -> dict[str, str]:
        """The SHA-256 of each file that visitors get, by key."""
        return {key: sha for record in self.parts.values() for key, sha in record.served().items()}

    def as_json(self) -> dict[str, Any]:
        """The release as the ledger stores it; each part's record under the part's name."""
        uploaded = {name: sorted(map(list, needs)) for name, needs in self.uploaded.items()}
        head = {**self._head(), "uploaded": uploaded} if uploaded else self._head()
        return {**head, **{name: part.as_json() for name, part in self.parts.items()}}

    def summary(self) -> dict[str, Any]:
        """The release as documents show it."""
        return {**self._head(), **{name: part.summary() for name, part in self.parts.items()}}

    def _head(self) -> dict[str, Any]:
        head = asdict(replace(self, parts={}, uploaded={}))
        del head["parts"], head["uploaded"]
        return head

    @classmethod
    def from_json(cls, document: Mapping[str, Any], readers: Readers) -> Release:
        """Read a stored release; keys that a newer resumectl added are left alone.

        Args:
            document: what `as_json` returned.
            readers: reads the record of each part, by the part's name.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: it is damaged, or means something else.
        """
        known = {item.name for item in fields(cls)} - {"parts"}
        values = {key: value for key, value in document.items() if key in known}
        if values["schema"] != SCHEMA:
            raise ValueError(f"its schema is {values['schema']}, not {SCHEMA}")
        if values["status"] not in get_args(Status):
            raise ValueError(f"unknown status {values['status']}")
        if datetime.fromisoformat(values["time"]).tzinfo is None:
            raise ValueError(f"time {values['time']} has no zone")
        parts = {name: read(document[name]) for name, read in readers.items() if document.get(name)}
        values["smoke"] = tuple(values.get("smoke", ()))
        uploaded = values.get("uploaded", {})
        values["uploaded"] = {
            name: frozenset(tuple(need) for need in needs) for name, needs in uploaded.items()
        }
        return cls(**{**values, "parts": parts})
