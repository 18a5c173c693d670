"""The one idea: snapshots and their difference. Pure: no I/O, no clock, no log.

A snapshot says what a part looks like (`key -> fields`); `diff(before, after)` says what would have to change to get
from one to the other. Every verb of resumectl is a choice of two snapshots.
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
PartName = Literal["infra", "function", "site"]
Action = Literal["create", "update", "delete", "replace"]

PARTS: Final[tuple[PartName, ...]] = ("infra", "function", "site")
UNKNOWN: Final = "(known after apply)"
REPLACE: Final = "(replace)"
"""A field that only an `after` side carries: the thing cannot be changed in place and is made anew."""

_ABSENT: Final = object()
_INDEX: Final = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')
_HOLDS_DATA: Final = {
    "aws_dynamodb_table": "the visitor counter's table and every count in it",
    "aws_s3_bucket": "a bucket and every object and version in it",
    "aws_cloudfront_distribution": "the distribution, and with it the site's address",
}


@dataclass(frozen=True)
class Change:
    """One thing that differs. `before` is None for a creation, `after` is None for a deletion."""

    part: PartName
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

    def of(self, part: PartName) -> tuple[Change, ...]:
        """The changes of one part, in a stable order."""
        return tuple(change for change in self.changes if change.part == part)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many changes of each action there are, by part."""
        return {part: dict(Counter(change.action for change in self.of(part))) for part in PARTS}

    def digest(self) -> str:
        """A SHA-256 over the whole plan: two equal plans, and only those, have the same one."""
        rows = [[c.part, c.key, c.before, c.after] for c in self.changes]
        return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()


def diff(part: PartName, before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """What has to change for `before` to become `after`, sorted by key."""
    return tuple(
        Change(part, key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def of_kind(kind: str, changes: Iterable[Change]) -> tuple[Change, ...]:
    """The same changes, named as one kind of drift."""
    return tuple(replace(change, kind=kind) for change in changes)


def guard(plan: Plan, *, live_objects: int) -> tuple[str, ...]:
    """What applying the plan would lose, one line each; empty when it is safe.

    Args:
        plan: what would be done.
        live_objects: how many objects the site has now.
    """
    lost = [
        f"{change.key} would be {change.action}d: {_HOLDS_DATA[kind]}"
        for change in plan.of("infra")
        if change.action in ("delete", "replace")
        and (kind := resource_type(change.key)) in _HOLDS_DATA
    ]
    deletes = sum(change.action == "delete" for change in plan.of("site"))
    if deletes * 2 > live_objects:
        lost.append(f"{deletes} of the site's {live_objects} objects would be deleted")
    return tuple(lost)


def resource_type(address: str) -> str:
    """`module.a.aws_s3_bucket.site["a.b"]` -> `aws_s3_bucket`."""
    plain = _INDEX.sub("", address)
    return plain.rsplit(".", 2)[-2] if "." in plain else ""
