"""Faults at calls: a kill, a refusal, a lost response, a delay, a suspension. By counting calls or
by a seed.

Each call has two points at which its process can die: before the request is sent, and after the
service carried it out. A lost response has two forms, as with boto3: `repeat` (the SDK sends the
request again, and the caller gets the answer to the second one) and `lose` (the SDK gives up, and
the caller gets a connection error). A body can also be cut: it breaks off while it is read. A
delay holds up one call; a suspension stops all threads of the process. Terraform can die alone,
right after a call of its own. An interrupt is Ctrl-C during the call.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal[
    "kill-before",
    "kill-after",
    "refuse",
    "repeat",
    "lose",
    "delay",
    "cut",
    "suspend",
    "die",
    "interrupt-before",
    "interrupt-after",
]


class Killed(BaseException):
    """The process died. Only tests catch it."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what happens.
        at: the how-manieth of the matching calls it happens at, from 1.
        call: a boto3 method name such as `put_object`; empty for any call.
        key: only calls for this object key; empty for any.
        code: the error code of a refusal.
        error: raised in place of a refusal, or of the connection error of a lost response.
        lasting: it also happens at every later matching call.
        seconds: how long a delay or a suspension takes.
        meanwhile: what others do during it.
        program: only calls of this program; empty for any.
    """

    kind: Kind
    at: int = 1
    call: str = ""
    key: str = ""
    code: str = "InternalError"
    lasting: bool = False
    error: Exception | None = None
    seconds: float = 0.0
    meanwhile: Callable[[], Any] | None = None
    program: str = ""

    @classmethod
    def kill(cls, point: int) -> Fault:
        """Die at a point: each call has two, counted from 1; an odd one is before the request."""
        return cls("kill-before" if point % 2 else "kill-after", at=(point + 1) // 2)

    def matches(self, call: str, key: str, program: str = "") -> bool:
        wanted = (self.call, call), (self.key, key), (self.program, program)
        return all(one in ("", other) for one, other in wanted)


@dataclass
class _Waiting:
    """A planned fault, and how many matching calls were made since."""

    fault: Fault
    seen: int = 0


@dataclass
class Faults:
    """What goes wrong in one process.

    Attributes:
        planned: the faults by count.
        begun: each call as (operation, object key), also if it fails.
        met: the faults that happened.
    """

    planned: Sequence[Fault] = ()
    begun: list[tuple[str, str]] = field(default_factory=list)
    met: list[Fault] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.add(*self.planned)

    def add(self, *faults: Fault) -> None:
        """Plan more; their calls are counted from now on."""
        with self._lock:
            self._waiting.extend(_Waiting(fault) for fault in faults)

    @property
    def count(self) -> int:
        """How many calls were begun."""
        return len(self.begun)

    @property
    def points(self) -> int:
        """At how many points the process could have died so far."""
        return 2 * self.count

    def at(self, call: str, key: str, program: str = "") -> Fault | None:
        """The fault of this call, if there is one."""
        with self._lock:
            self.begun.append((call, key))
            fault = self._due(call, key, program)
            if fault:
                self.met.append(fault)
            return fault

    def _due(self, call: str, key: str, program: str) -> Fault | None:
        due = None
        for waiting in self._waiting:
            fault = waiting.fault
            if not fault.matches(call, key, program):
                continue
            waiting.seen += 1
            is_due = waiting.seen == fault.at or (fault.lasting and waiting.seen > fault.at)
            if due is None and is_due:
                due = fault
        return due


class SeededFaults(Faults):
    """Faults at random calls.

    A call's fate follows from the seed, its name, its object key and how often it was made before,
    not from the order in which threads get there: the same seed gives the same faults.

    Args:
        seed: one number for all of them.
        rate: the share of calls that go wrong.
        kinds: the faults to choose from; `at`, `call` and `key` of each are ignored.
    """

    def __init__(self, seed: int, rate: float, kinds: Sequence[Fault]) -> None:
        super().__init__()
        self._seed, self._rate, self._kinds = seed, rate, tuple(kinds)
        self._calls: Counter[tuple[str, str]] = Counter()

    def _due(self, call: str, key: str, program: str) -> Fault | None:
        self._calls[call, key] += 1
        chance = random.Random(f"{self._seed} {call} {key} {self._calls[call, key]}")
        if chance.random() >= self._rate:
            return None
        return replace(chance.choice(self._kinds), at=self.count, call=call, key=key)
