"""What must not get lost, from one step to the next: what releases need, and the counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.driver import live
from tests.driver.writer import Broken, require
from tests.functional.world import site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fakes.aws.world import Aws


@dataclass
class Kept:
    """Remembers what there was.

    Attributes:
        keep: how many releases are kept at least.
        made: the bucket and the function that each release was recorded with, and whether its
            zip was kept. Once they are deleted, what they had can only be gone.
        tables: the table of each environment.
        destroyed: the number under which each environment was destroyed last.
        expired: releases of which something was pruned. Their records go last.
    """

    keep: int
    made: dict[tuple[str, int], tuple[Any, Any, bool]] = field(default_factory=dict)
    tables: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    destroyed: Counter[str] = field(default_factory=Counter)
    expired: set[tuple[str, int]] = field(default_factory=set)
    _good: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def check(self, aws: Aws, env: str, *, may_delete: bool, half_done: bool = False) -> None:
        """Nothing that a kept release needs is gone, and no count fell or is counted twice.

        Args:
            aws: where it is.
            env: the environment.
            may_delete: whether a command may have deleted the counts.
            half_done: whether a command is suspended, or broke off.
        """
        self._count(aws, env, may_delete=may_delete)
        if may_delete:
            self.made |= {
                key: (None, None, row[2]) for key, row in self.made.items() if key[0] == env
            }
        self._releases(aws, env)
        self._barrier(live.records(aws, env), env)
        for record in live.records(aws, env):
            if record["status"] == "destroyed":
                return
            there = aws.buckets.get(site(env)), live.function(aws, env)
            made = self.made.setdefault((env, record["id"]), (*there, _has_zip(aws, env, record)))
            if record["status"] == "failed" or (env, record["id"]) in self.expired:
                continue
            try:
                _needs(aws, env, record, made, there)
            except Broken:
                if not half_done or record["id"] in self._stay(aws, env):
                    raise
                self.expired.add((env, record["id"]))

    def _stay(self, aws: Aws, env: str) -> Sequence[int]:
        """The releases that are never pruned."""
        pin = live.document(aws, f"pins/{env}.json") or {}
        return [*sorted(self._good[env])[-self.keep :], pin.get("release", 0)]

    def _releases(self, aws: Aws, env: str) -> None:
        """Of those that did not fail, the last ones are never pruned."""
        there = {row["id"] for row in live.records(aws, env) if row["status"] != "failed"}
        self._good[env] |= there
        last = sorted(self._good[env])[-self.keep :]
        require(there.issuperset(last), f"the last good releases of {env}", last, sorted(there))

    def _barrier(self, records: Sequence[Mapping[str, Any]], env: str) -> None:
        """What is older than a destroy can be told from what came after it."""
        last = max((row["id"] for row in records if row["status"] == "destroyed"), default=0)
        self.destroyed[env] = max(last, self.destroyed[env])
        older = [row["id"] for row in records if row["id"] < self.destroyed[env]]
        about = f"{env} was destroyed, and {older} are older"
        require(last == self.destroyed[env] or not older, about, self.destroyed[env], last)

    def _count(self, aws: Aws, env: str, *, may_delete: bool) -> None:
        """A visitor comes between any two steps."""
        table, known = live.table(aws, env), self.tables.get(env)
        if known is not None and table is not known:
            require(may_delete, f"the counts of {env}", "kept", "another table")
        if table is not None and table is known:
            require(table["Count"] == table["Visits"], "the count", table["Visits"], table["Count"])
        if table is not None:
            table["Visits"] = table["Count"] = table.get("Count", 0) + 1
        self.tables[env] = table


def _needs(
    aws: Aws, env: str, record: Mapping[str, Any], made: tuple[Any, Any, bool], there: Sequence[Any]
) -> None:
    about = f"release #{record['id']} of {env} needs"
    if made[0] is there[0] is not None:
        _objects(about, there[0], record.get("site") or {})
    require(_has_zip(aws, env, record) or not made[2], f"{about} its zip", "one", None)
    if made[1] is there[1] is not None and record.get("function"):
        versions, wanted = list(there[1].versions), record["function"]["version"]
        require(wanted in versions, f"{about} its version", wanted, versions)


def _objects(about: str, bucket: Any, recorded: Mapping[str, Mapping[str, Any]]) -> None:
    for key, entry in recorded.items():
        ids = [version.id for version in bucket.versions(key)]
        require(entry["version_id"] in ids, f"{about} {key}", entry["version_id"], ids)


def _has_zip(aws: Aws, env: str, record: Mapping[str, Any]) -> bool:
    """Code that somebody else uploaded has none."""
    function = record.get("function")
    key = f"artifacts/{env}/function/{function['sha256']}.zip" if function else ""
    return live.kept(aws, key) is not None
