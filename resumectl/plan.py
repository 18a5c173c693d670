"""The one idea: snapshots and their difference. Pure: no I/O, no clock, no log.

A snapshot says what a part looks like (`key -> fields`); `diff(before, after)` says what has to
change to get from one to the other. Every command of resumectl is a choice of two snapshots.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

Fields = Mapping[str, Any]
Snapshot = Mapping[str, Fields]
Action = Literal["create", "update", "delete", "replace"]

UNKNOWN: Final = "(known after apply)"
REPLACE: Final = "(replace)"
"""A field that only an `after` side carries: the resource cannot be changed in place."""

UNPUBLISHED: Final = "unpublished"
"""The kind of a change that no visitor notices, because it is not published."""

_ABSENT: Final = object()
_INDEX: Final = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')


@dataclass(frozen=True)
class Change:
    """One thing that differs. `before` is None for a creation, `after` is None for a deletion."""

    part: str
    key: str
    before: Fields | None
    after: Fields | None
    kind: str | None = None

    @property
    def action(self) -> Action:
        """What has to happen to get from `before` to `after`."""
        if self.before is None:
            return "create"
        if self.after is None:
            return "delete"
        return "replace" if self.after.get(REPLACE) else "update"

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that differ, sorted."""
        before, after = self.before or {}, self.after or {}
        names = sorted({*before, *after} - {REPLACE})
        return tuple(
            name for name in names if before.get(name, _ABSENT) != after.get(name, _ABSENT)
        )

    def as_json(self) -> dict[str, Any]:
        """The change as every JSON document shows it; values stay out, they may be secret."""
        shown = {
            "part": self.part,
            "key": self.key,
            "action": self.action,
            "fields": list(self.fields),
        }
        return shown if self.kind is None else {**shown, "kind": self.kind}


@dataclass(frozen=True)
class Plan:
    """Everything a deploy would do: finished data, before the first write."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def of(self, part: str) -> tuple[Change, ...]:
        """The changes of one part, in a stable order."""
        return tuple(change for change in self.changes if change.part == part)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many changes of each action there are, by part."""
        parts = dict.fromkeys(change.part for change in self.changes)
        return {part: dict(Counter(change.action for change in self.of(part))) for part in parts}

    def digest(self) -> str:
        """A SHA-256 over the whole plan: two equal plans, and only those, have the same one."""
        rows = [[c.part, c.key, c.before, c.after] for c in self.changes]
        return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()


def diff(part: str, before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """What has to change for `before` to become `after`, sorted by key."""
    return tuple(
        Change(part, key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def of_kind(kind: str, changes: Iterable[Change]) -> tuple[Change, ...]:
    """The same changes, named as one kind of drift."""
    return tuple(replace(change, kind=kind) for change in changes)


def resource_type(address: str) -> str:
    """`module.a.aws_s3_bucket.site["a.b"]` -> `aws_s3_bucket`."""
    plain = _INDEX.sub("", address)
    return plain.rsplit(".", 2)[-2] if "." in plain else ""
