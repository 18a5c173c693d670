"""What must hold after every step, whatever happened in it."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.driver import live
from tests.driver.commands import COMMANDS, READING
from tests.driver.live import ENVS
from tests.driver.play import Broken
from tests.fakes.aws.world import READS
from tests.functional.world import site

if TYPE_CHECKING:
    from tests.driver.play import Ended, Play
    from tests.driver.step import Step
    from tests.fakes.aws.world import Aws

ALL = ("infra", "function", "site")
BODIES = ("Body", "ZipFile", "Code", "Policy")


@dataclass
class Before:
    """What was there before a step.

    Attributes:
        number: of the newest record, by environment.
        released: whether there is a release.
    """

    served: dict[str, dict[str, str]]
    alias: dict[str, tuple[str, str] | None]
    number: dict[str, int]
    released: dict[str, bool]

    @classmethod
    def of(cls, aws: Aws) -> Before:
        return cls(
            {env: live.served(aws, env) for env in ENVS},
            {env: live.alias(aws, env) for env in ENVS},
            {env: _number(aws, env) for env in ENVS},
            {env: _released(aws, env) for env in ENVS},
        )


def _number(aws: Aws, env: str) -> int:
    found = live.records(aws, env)
    return int(found[0]["id"]) if found else 0


def _released(aws: Aws, env: str) -> bool:
    rows = (row["status"] for row in live.records(aws, env) if row["status"] != "failed")
    return next(rows, "destroyed") != "destroyed"


@dataclass
class Invariants:
    """Looks at a world after every step.

    Attributes:
        made: the bucket and function that served a release when it was recorded.
        tables: the table of each environment.
    """

    play: Play
    made: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)

    def after(self, step: Step, ended: Ended, before: Before) -> None:
        """Raise Broken if something does not hold."""
        aws = self.play.aws
        for env in ENVS:
            self._nothing_needed_is_gone(aws, env)
            self._the_count_stays(aws, env, step)
        _others_are_left_alone(aws, step.env, ended)
        alone = not (step.trouble and step.trouble.meanwhile)
        if alone:
            _what_is_recorded_is_live(aws, step, ended, before)
            _nothing_else_was_done(aws, step, ended, before)
            self._a_failure_is_recorded(aws, step, ended, before)

    def _nothing_needed_is_gone(self, aws: Aws, env: str) -> None:
        bucket, function = aws.buckets.get(site(env)), live.function(aws, env)
        for record in live.records(aws, env):
            if record["status"] == "destroyed":
                break
            made = self.made.setdefault((env, record["id"]), (id(bucket), id(function)))
            if record["status"] == "failed":
                continue
            about = f"release #{record['id']} of {env}"
            if made[0] == id(bucket) and bucket is not None:
                for key, entry in (record.get("site") or {}).items():
                    ids = {version.id for version in bucket.versions(key)}
                    _require(entry["version_id"] in ids, f"{about} needs {key}", entry, ids)
            recorded = record.get("function")
            if recorded:
                key = f"artifacts/{env}/function/{recorded['sha256']}.zip"
                _require(live.kept(aws, key) is not None, f"{about} needs its zip", key, None)
            if recorded and made[1] == id(function) and function is not None:
                versions = set(function.versions)
                version = recorded["version"]
                _require(version in versions, f"{about} needs version", version, versions)

    def _the_count_stays(self, aws: Aws, env: str, step: Step) -> None:
        table, known = live.table(aws, env), self.tables.get(env)
        allowed = "destroy" in step.line or "--force" in step.line
        if known is not None and table is not known and not allowed:
            raise Broken(f"the count of {env} is gone")
        if table is not None:
            if table is known:
                wanted = table.setdefault("Wanted", 0)
                _require(table.get("Count", 0) == wanted, "the count", wanted, table.get("Count"))
            table["Wanted"] = table["Count"] = table.get("Count", 0) + 1
        self.tables[env] = table

    def _a_failure_is_recorded(self, aws: Aws, step: Step, ended: Ended, before: Before) -> None:
        """A command that failed by itself changed nothing, or the newest record says failed."""
        if ended.killed or ended.error is None:
            return
        env = step.env
        after = Before.of(aws)
        changed = (after.served[env], after.alias[env]) != (before.served[env], before.alias[env])
        recorded = after.number[env] != before.number[env]
        if changed and not recorded and not self._could_not_record(ended):
            raise Broken(f"{step.verb} failed after a change, and no record says so")

    def _could_not_record(self, ended: Ended) -> bool:
        return any(fault.kind in ("refuse", "lose") for fault in ended.met)


def _require(holds: bool, about: str, wanted: Any, found: Any) -> None:
    if not holds:
        raise Broken(f"{about}: {wanted}, but there is {found}")


def chosen(verb: str) -> tuple[str, ...]:
    """The parts that a command may change."""
    words = verb.split()
    only = tuple(word for before, word in itertools.pairwise(words) if before == "--only")
    if words[0] == "rollback":
        return ("function", "site")
    return only or ALL


def _what_is_recorded_is_live(aws: Aws, step: Step, ended: Ended, before: Before) -> None:
    writes = step.verb.split()[0] in ("deploy", "rollback") or step.verb.startswith("drift --fix")
    if not writes or ended.killed or ended.error or ended.outcome is None:
        return
    records = live.records(aws, step.env)
    newest = next((record for record in records if record["status"] != "failed"), None)
    applied = next((record for record in records if record.get("infra")), None)
    if newest is None or applied is None:
        _require(step.verb.startswith("drift"), "a record", "one", records)  # nothing was released
        return
    if "site" in chosen(step.verb):
        recorded = {key: entry["sha256"] for key, entry in newest["site"].items()}
        found = live.served(aws, step.env)
        if not before.released[step.env]:  # what is in a bucket that the plan did not know stays
            found = {key: sha for key, sha in found.items() if key in recorded}
        _require(recorded == found, "the recorded site", recorded, found)
    if "function" in chosen(step.verb):
        code = base64.b64encode(bytes.fromhex(newest["function"]["sha256"])).decode()
        wanted, there = (newest["function"]["version"], code), live.alias(aws, step.env)
        _require(wanted == there, "the recorded function", wanted, there)
    if "infra" in chosen(step.verb):
        serial = json.loads(live.kept(aws, f"terraform/{step.env}.tfstate") or b"{}").get("serial")
        wanted = applied["infra"]["serial"]
        _require(wanted == serial, "the recorded serial of the state", wanted, serial)


def _nothing_else_was_done(aws: Aws, step: Step, ended: Ended, before: Before) -> None:
    """A part that was not chosen is as it was, and so is everything after a reading command."""
    if step.verb not in COMMANDS or step.verb == "destroy":
        return
    parts = () if step.verb in (*READING, "unpin", "unlock") else chosen(step.verb)
    env = step.env
    if "site" not in parts:
        was, now = before.served[env], live.served(aws, env)
        _require(was == now, f"{step.verb} leaves the site alone", was, now)
    if "function" not in parts:  # its settings may be published, with the same code
        had, has = before.alias[env], live.alias(aws, env)
        same = (had and had[1]) == (has and has[1])
        _require(same, f"{step.verb} leaves the function's code alone", had, has)


def _others_are_left_alone(aws: Aws, env: str, ended: Ended) -> None:
    other = next(name for name in ENVS if name != env)
    theirs = (f"resume-{other}", f"/{other}", live.distribution(aws, other) or "none")
    for call, arguments in ended.sent:
        if call.startswith(READS):
            continue
        named = {key: value for key, value in arguments.items() if key not in BODIES}
        text = json.dumps(named, default=str)
        if any(name in text for name in theirs):
            raise Broken(f"a command on {env} called {call} with {text[:200]}")
