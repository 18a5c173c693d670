"""What goes wrong in one command of a story."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.fakes.clock import Clock
from tests.fakes.faults import Fault, Faults
from tests.fakes.terraform.runner import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.driver.step import Trouble

MOMENT = 0.01
RATES = (1 / 12, 1 / 30, 1 / 80)
"""The share of calls; a low one reaches the end of a deploy, a high one also short commands."""


@dataclass
class Fate(Faults):
    """Faults in a world in which every call takes a moment.

    Attributes:
        number: decides at which calls `fault` happens; None for the planned ones only.
        before: told of each call before it is sent.
    """

    clock: Clock = field(default_factory=Clock)
    number: int | None = None
    fault: Fault | None = None
    before: Callable[[str, str], None] | None = None
    _made: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, clock: Clock, trouble: Trouble | None, meanwhile: Callable[[], None]) -> Fate:
        """The faults of one command; a suspended machine sleeps while others work."""
        if trouble is None:
            return cls(clock=clock)
        fault = _fault(trouble, meanwhile)
        if trouble.fate is None:
            return cls([fault], clock=clock)
        return cls(clock=clock, number=trouble.fate, fault=fault)

    def at(self, call: str, key: str, program: str = "") -> Fault | None:
        self.clock.sleep(MOMENT)
        if self.before:
            self.before(call, key)
        return super().at(call, key, program)

    def _due(self, call: str, key: str, program: str) -> Fault | None:
        if self.fault is None:
            return super()._due(call, key, program)
        self._made[call, key] += 1
        if not _possible(self.fault, call, program):
            return None
        if self.met:
            return replace(self.fault, call=call, key=key) if self.fault.lasting else None
        happens = random.Random(f"{self.number} {call} {key} {self._made[call, key]}").random()
        if happens >= RATES[(self.number or 0) % len(RATES)]:
            return None
        return replace(self.fault, at=self._made[call, key], call=call, key=key)


def _possible(fault: Fault, call: str, program: str) -> bool:
    """Only what has a body can break off, and only Terraform can die alone."""
    if fault.kind == "cut":
        return call == "get_object"
    return fault.program in ("", program)


def _fault(trouble: Trouble, meanwhile: Callable[[], None]) -> Fault:
    kind: Any = trouble.kind
    return Fault(
        *(kind, trouble.at, trouble.call, trouble.key, trouble.code or "InternalError"),
        lasting=trouble.lasting,
        seconds=trouble.seconds,
        meanwhile=meanwhile if trouble.kind == "suspend" else None,
        program=PROGRAM if trouble.kind == "die" else "",
    )
