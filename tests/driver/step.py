"""One step of a story: which machine does what to which environment, and what goes wrong then.

A step is data. `line` is how people read it, and Python's own text of it can be pasted into a test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at one call of a command.

    Attributes:
        kind: a kind of `tests.fakes.faults`, or `suspend`: the machine sleeps before the call, and
            another one works meanwhile.
        at: the how-manieth call it happens at; of this `call` and `key`, if they are given.
        fate: in place of these, a number that decides for each call whether it happens there: by
            name, key and how often it was made, not by the order in which threads get there.
        code: the error code of a refusal.
        lasting: also at every later call.
        seconds: how long a suspended machine sleeps.
        meanwhile: what another machine does in this time.
    """

    kind: str
    at: int = 1
    fate: int | None = None
    call: str = ""
    key: str = ""
    code: str = ""
    lasting: bool = False
    seconds: float = 0.0
    meanwhile: tuple[Step, ...] = ()

    @property
    def line(self) -> str:
        """As a story tells it."""
        call = f"{self.call} {self.key}".strip() or "call"
        where = f"at {call} {self.at}" if self.fate is None else "by chance"
        if self.kind == "suspend":
            return f"suspended {where} for {self.seconds:.0f} s"
        code = f" with {self.code}" if self.code else ""
        return f"{self.kind}{code} {where}{' and ever after' if self.lasting else ''}"


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        who: the machine.
        env: the environment.
        verb: a command, an edit, something done by hand, or the passing of time.
        trouble: what goes wrong.
    """

    who: str
    env: str
    verb: str
    trouble: Trouble | None = None

    @property
    def line(self) -> str:
        """As a story tells it."""
        trouble = f" [{self.trouble.line}]" if self.trouble else ""
        return f"{self.who} {self.env}: {self.verb}{trouble}"
