"""The protocol of a part: one of the things that a deployment is made of.

A part has three sides: what the repository wants (`worktree`), what a release recorded (`released`)
and what AWS has (`live`). Every command compares two of them and applies the difference:

    plan, deploy   live -> worktree        rollback       live -> release N
    drift          released -> live        drift --fix    live -> released

Steps loop over the parts that `cli/wiring.py` hands them, in their order, and pass the outputs of
one on to the next. They know this protocol and no part.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from resumectl.plan import Change

if TYPE_CHECKING:
    from resumectl.release.ledger import Heads
    from resumectl.release.record import Need, Record, Release

Live = TypeVar("Live")
Wanted = TypeVar("Wanted")
Changes = tuple[Change, ...]
Outputs = Mapping[str, Any]
"""What parts tell the ones after them: names, ids and URLs. Empty before the first deploy."""


@dataclass(frozen=True)
class Comparison(Generic[Live, Wanted]):
    """What one part has to do: finished data, computed once, shown and then applied.

    Attributes:
        wanted: the side to get to; None if the part was not chosen, and then `changes` holds only
            what follows from the changes of other parts.
        changes: what would be done. Applying does nothing else.
        imports: how many existing resources Terraform's state would learn of; nothing else changes.
    """

    part: str
    live: Live
    wanted: Wanted | None
    changes: Changes = ()
    imports: int = 0


@dataclass(frozen=True)
class Applied:
    """What a part did, as read back.

    Attributes:
        record: what a release remembers of the part now.
        outputs: what the parts after it need to know.
    """

    record: Record | None
    outputs: Outputs = field(default_factory=dict)


@dataclass(frozen=True)
class Unseen:
    """Something that could not be looked at, so that nobody knows whether it drifted.

    Attributes:
        what: as in `role policies`.
        action: the permission that looking needs.
        why: `denied`, or AWS's error code.
    """

    what: str
    action: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} ({self.action} {self.why})"


@dataclass(frozen=True)
class Drift:
    """How live differs from what was released.

    Attributes:
        changes: released -> live, each with its kind.
        since: when a change was made (ISO 8601), by key, as far as AWS knows.
        lost: data that is gone, and how to get it back, one line each.
        unseen: what could not be looked at.
    """

    changes: Changes = ()
    since: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()


class ForeignLock(Protocol):
    """A lock that a tool of a part takes by itself."""

    def describe(self) -> str:
        """One line: whose it is, for what, since when."""

    def release(self) -> bool:
        """Release it if it is still that one; returns whether it was."""


class Part(Protocol[Live, Wanted]):
    """One part. Methods that a part does not override do nothing.

    Attributes:
        name: as in `--only`, JSON and the ledger.
        rolls_back: whether an earlier release of it can be served again.
        harmless: the paths of fields whose text is shown; any other text can be secret, and a
            digest is shown in its place (see `disclosure`).
    """

    name: ClassVar[str]
    rolls_back: ClassVar[bool] = True
    harmless: ClassVar[frozenset[str]] = frozenset()

    def worktree(self) -> Wanted:
        """What the repository wants. Needs no AWS.

        Raises:
            BuildError: the repository cannot be turned into something to deploy.
        """
        ...

    def released(self, release: Release) -> Wanted:
        """What a release recorded."""
        ...

    def live(self, outputs: Outputs, released: Release | None) -> Live:
        """What AWS has now.

        Args:
            outputs: of the parts before it; empty if the environment is not deployed.
            released: the live release, which tells what need not be asked for.
        """
        ...

    def outputs(self, live: Live) -> Outputs:
        """What the parts after it need to know of what is live."""
        return {}

    def compare(
        self, live: Live, wanted: Wanted | None, earlier: Changes, stop: threading.Event
    ) -> Comparison[Live, Wanted]:
        """What it takes to get from live to wanted.

        Args:
            live: what AWS has.
            wanted: None if the part was not chosen: only what follows from `earlier`.
            earlier: the changes of the parts before it.
            stop: set when another part failed, so that this one need not go on.
        """
        ...

    def losses(self, comparison: Comparison[Live, Wanted]) -> Sequence[str]:
        """What applying would lose, one line each; empty if it is safe."""
        return ()

    def check(self, comparison: Comparison[Live, Wanted], outputs: Outputs) -> None:
        """Make sure that everything needed to apply still exists, before anything is changed.

        Raises:
            ResumectlError: it does not.
        """
        return

    def apply(self, comparison: Comparison[Live, Wanted], outputs: Outputs) -> Applied:
        """Do what was compared, and nothing else.

        Args:
            comparison: of this part.
            outputs: of the parts before it, as they are now.
        """
        ...

    def intent(self, comparison: Comparison[Live, Wanted]) -> Mapping[str, Any] | None:
        """What `apply` is about to upload, as JSON, for `left`; None if nothing."""
        return None

    def left(
        self, intent: Mapping[str, Any], live: Live | None, outputs: Outputs
    ) -> frozenset[Need]:
        """What of an intent is there, as far as it is worth pruning: `apply` did not end.

        Args:
            intent: of that `apply`.
            live: what AWS has now; None if that is not known.
            outputs: of the parts before it.
        """
        return frozenset()

    def drift(self, heads: Heads, live: Live, stop: threading.Event) -> Drift:
        """How live differs from what was released."""
        ...

    def revert(
        self, heads: Heads, live: Live, drift: Changes, ignored: Changes
    ) -> Comparison[Live, Wanted]:
        """What it takes to undo drift, but for the differences that the settings ignore."""
        ...

    def remaining(self, reverted: Changes) -> Changes:
        """Of the drift that was reverted, what is still there although `drift` cannot see it."""
        return ()

    def pending(self, heads: Heads) -> int | None:
        """How many changes wait to be deployed; None if the worktree cannot be read or built."""
        ...

    def is_recorded(self, comparison: Comparison[Live, Wanted], heads: Heads) -> bool:
        """Whether the newest record says exactly what is live."""
        ...

    def record(self, document: Mapping[str, Any]) -> Record:
        """Read what a release remembers of this part; raises what `bucket.UNREADABLE` lists."""
        ...

    def prune(self, needs: Iterable[Need], outputs: Outputs) -> None:
        """Delete what no kept release needs."""
        return

    def recover(self, *, for_apply: bool) -> None:
        """Mend what a crash left behind. The deploy lock must be held.

        Args:
            for_apply: also what only matters to a command that applies infrastructure.
        """
        return

    def lock(self) -> ForeignLock | None:
        """A lock that a tool of this part holds, or left behind."""
        return None

    def removal(self, heads: Heads) -> Comparison[Live, Wanted] | None:
        """What it takes to delete everything; None if it goes with another part."""
        return None


AnyPart = Part[Any, Any]
Parts = tuple[AnyPart, ...]
