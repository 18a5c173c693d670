"""A part in memory: things with a value each, wanted by a repository, live in a cloud."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from resumectl.part import Applied, Comparison, Drift, Part, Unseen
from resumectl.plan import diff
from resumectl.progress import Silent, Step, Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resumectl.part import Changes
    from resumectl.plan import Change

DIGEST = "0" * 64
OUTPUTS = {
    "site_url": "https://d1.cloudfront.net",
    "counter_url": "https://d1.cloudfront.net/api/count",
    "site_bucket": "resume-prod-site",
}


@dataclass(frozen=True)
class FakeRecord:
    """What a release remembers: each thing and its value; documents show `shown`."""

    things: Mapping[str, str]
    serves: bool = False
    shown: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def summary(self) -> dict[str, Any]:
        return dict(self.shown)

    def content(self) -> object:
        return self.things

    def needs(self) -> frozenset[tuple[str, ...]]:
        return frozenset(self.things.items())

    def served(self) -> dict[str, str]:
        return dict(self.things) if self.serves else {}


@dataclass
class FakeLock:
    """The lock of a tool of a part; `yields` says whether it can be released."""

    holder: str
    yields: bool = True
    released: bool = False

    def describe(self) -> str:
        return self.holder

    def release(self) -> bool:
        self.released = True
        return self.yields


class FakePart(Part):
    """A part in memory.

    Args:
        name: its name.
        wanted: the things that the repository wants, with their values.
        rolls_back: whether an earlier release of it can be served again.
        offers: its outputs, once it is live.
        serves: its things are files that visitors get.
        shown: its record, as documents show it.

    Attributes:
        repository: what the repository wants.
        cloud: what is live.
        calls: the name of each method that was called.
        compared: the wanted side and the earlier changes of each comparison.
        applied: each comparison that was applied, with the outputs it was given.
        writes: the key of each thing that was written or deleted.
        pruned: the needs that were deleted.
        hooks: called at the beginning of the method of that name, or after a thing was `written`;
            may raise.
        unseen: what `drift` could not look at.
        untouched: the keys that `revert` cannot write although it seems to.
    """

    harmless = frozenset({"value"})

    def __init__(
        self,
        name: str,
        wanted: Mapping[str, str],
        *,
        rolls_back: bool = True,
        offers: Mapping[str, str] | None = None,
        serves: bool = False,
        shown: Mapping[str, Any] | None = None,
    ) -> None:
        self.shown = shown or {"size": 1}
        self.name, self.rolls_back, self.serves = name, rolls_back, serves
        self.repository, self.offers = dict(wanted), dict(offers or {})
        self.cloud: dict[str, str] = {}
        self.calls: list[str] = []
        self.compared: list[tuple[Any, Changes]] = []
        self.applied: list[tuple[Comparison, dict[str, Any]]] = []
        self.recovered: list[bool] = []
        self.writes: list[str] = []
        self.pruned: set[tuple[str, ...]] = set()
        self.hooks: dict[str, Callable[[], None]] = {}
        self.lost: list[str] = []
        self.gone: list[str] = []
        self.imports = 0
        self.untouched: set[str] = set()
        self.foreign: FakeLock | None = None
        self.since: dict[str, str] = {}
        self.unseen: tuple[Unseen, ...] = ()
        self.steps = Steps(Silent())

    def fail(self, method: str, error: BaseException) -> None:
        """Let a method raise."""

        def failing() -> None:
            raise error

        self.hooks[method] = failing

    # --- looking

    def worktree(self):
        self._call("worktree")
        return dict(self.repository)

    def released(self, release):
        """What was recorded; without a record, whatever is live stays."""
        self._call("released")
        record = release.parts.get(self.name)
        return self._things(record) if record else None

    def live(self, outputs, released):
        self._call("live")
        return dict(self.cloud) if outputs or not self.rolls_back else {}

    def outputs(self, live):
        return self.offers if live else {}

    # --- comparing

    def compare(self, live, wanted, earlier, stop):
        self._call("compare")
        self.compared.append((wanted, earlier))
        changes = () if wanted is None else self._diff(live, wanted)
        return Comparison(self.name, live, wanted, changes, self.imports)

    def losses(self, comparison):
        self._call("losses")
        return self.lost

    def check(self, comparison, outputs):
        self._call("check")

    def is_recorded(self, comparison, heads):
        self._call("is_recorded")
        if comparison.wanted is None:
            return True
        return heads.record(self.name) == self._record(comparison.live)

    def record(self, document):
        return FakeRecord(**document)

    # --- writing

    def apply(self, comparison, outputs):
        self.applied.append((comparison, dict(outputs)))
        if comparison.wanted is None and not comparison.changes:
            return Applied(None)
        with self.steps(Step(f"apply-{self.name}", f"Apply {self.name}")):
            self._call("apply")
            for change in comparison.changes:
                self._write(change)
        return Applied(self._record(self.cloud), self.outputs(self.cloud))

    def intent(self, comparison):
        things = {c.key: c.after["value"] for c in comparison.changes if c.after}
        return {"things": things} if things else None

    def left(self, intent, live, outputs):
        self._call("left")
        return frozenset(intent["things"].items() & (live or {}).items())

    def prune(self, needs, outputs):
        self._call("prune")
        self.pruned |= set(needs)

    def recover(self, *, for_apply):
        self._call("recover")
        self.recovered.append(for_apply)

    def lock(self):
        self._call("lock")
        return self.foreign

    def removal(self, heads):
        self._call("removal")
        if self.rolls_back:
            return None
        return Comparison(self.name, self.cloud, None, self._diff(self.cloud, {}))

    # --- drift

    def drift(self, heads, live, stop):
        self._call("drift")
        changes = self._diff(self._standing(heads), live)
        kinds = tuple(replace(change, kind=_kind(change)) for change in changes)
        return Drift(kinds, self.since, tuple(self.gone), self.unseen)

    def revert(self, heads, live, drift, ignored):
        self._call("revert")
        keys = {change.key for change in drift}
        wanted = self._standing(heads)
        changes = tuple(c for c in self._diff(live, wanted) if c.key in keys)
        return Comparison(self.name, live, wanted, changes)

    def remaining(self, reverted):
        self._call("remaining")
        return tuple(change for change in reverted if change.key in self.untouched)

    def pending(self, heads):
        self._call("pending")
        return len(self._diff(self._things(heads.record(self.name)), self.repository))

    # ---

    def _call(self, method: str) -> None:
        self.calls.append(method)
        self.hooks.get(method, lambda: None)()

    def _write(self, change: Change) -> None:
        self.writes.append(change.key)
        if change.after is None:
            self.cloud.pop(change.key, None)
        else:
            self.cloud[change.key] = change.after["value"]
        self.hooks.get("written", lambda: None)()

    def _record(self, things: Mapping[str, str]) -> FakeRecord:
        return FakeRecord(dict(things), self.serves, self.shown)

    def _standing(self, heads: Any) -> dict[str, str]:
        record = heads.record if self.rolls_back else heads.standing
        return self._things(record(self.name))

    def _diff(self, before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
        return diff(self.name, _snapshot(before), _snapshot(after))

    def _things(self, record: Any) -> dict[str, str]:
        return dict(record.things) if record else {}


def usual() -> tuple[FakePart, ...]:
    """Parts with the names, roles and documents of the real ones."""
    infra = {"digest": DIGEST, "serial": 7}
    function = {"version": "1", "sha256": DIGEST, "settings": {}, "routing": {}, "latest": DIGEST}
    return (
        FakePart(
            *("infra", {"aws_s3_bucket.site": "1"}), rolls_back=False, offers=OUTPUTS, shown=infra
        ),
        FakePart("function", {"live": "1"}, shown=function),
        FakePart("site", {"index.html": "1"}, serves=True, shown={"objects": 1, "bytes": 1}),
    )


def _snapshot(things: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {key: {"value": value} for key, value in things.items()}


def _kind(change: Change) -> str:
    if change.before is None:
        return "unmanaged"
    return "deleted" if change.after is None else "changed"
