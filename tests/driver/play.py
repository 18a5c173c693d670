"""Playing a story: every step on the real code and the one fake AWS, and a look after each."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resumectl.errors import ResumectlError
from tests.driver.checkout import Checkout
from tests.driver.commands import COMMANDS
from tests.driver.fate import Fate
from tests.driver.tampering import SECRET, TAMPERINGS
from tests.fakes.aws.world import Aws
from tests.fakes.clock import Clock
from tests.fakes.faults import Killed
from tests.fakes.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path

    from resumectl.steps.outcome import Outcome
    from tests.driver.chance import Script
    from tests.driver.step import Step
    from tests.fakes.faults import Fault

DAY = 86_400
PASSING = {"an hour passes": 3600.0, "a month passes": 31.0 * DAY}


class Broken(Exception):
    """An invariant does not hold."""


@dataclass
class Ended:
    """How a step ended.

    Attributes:
        outcome: of a command that ended by itself.
        error: what it failed with, also when that is in its outcome.
        killed: whether its process died.
        met: the faults that happened.
    """

    outcome: Outcome | None = None
    error: ResumectlError | None = None
    killed: bool = False
    met: list[Fault] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def line(self) -> str:
        """In a few words."""
        if self.killed:
            return "killed"
        if self.error:
            return f"{self.error.code}: {self.error.message.splitlines()[0]}"
        if self.outcome is None:
            return "done"
        release = self.outcome.body.get("release")
        number = release["id"] if isinstance(release, dict) else None
        return f"exit {int(self.outcome.exit_code)}" + (f", #{number}" if number else "")


class Play:
    """One world in which a story is played.

    Attributes:
        told: the story so far, one line per step.
        counts: what really happened: commands, faults and meetings.
    """

    def __init__(self, script: Script, folder: Path) -> None:
        clock = Clock()
        self.aws = Aws(clock, script.seed, settling=script.settling, busy=script.busy)
        self.told: list[str] = []
        self.counts: Counter[str] = Counter()
        self.checkouts: dict[str, Checkout] = {}
        names = ("laptop", "ci")
        for host, skew in zip(names, script.skews, strict=True):
            machine = Machine(host=host, boot_id=f"{host}-1", clock=clock, skew=skew)
            checkout = Checkout.at(folder / host, self.aws, machine)
            if script.keeps_little:
                checkout.keep_little()
            self.checkouts[host] = checkout

    def do(self, step: Step, depth: int = 0) -> Ended:
        """Do one step, and tell it."""
        self.told.append("    " * depth + step.line)
        place = len(self.told) - 1
        ended = self._done(step, depth)
        met = [f"{fault.kind} at {fault.call} {fault.key} {fault.at}" for fault in ended.met[:1]]
        self.told[place] += f" -> {', '.join([*met, ended.line])}"
        self.counts[f"step: {step.verb}"] += 1
        for fault in ended.met:
            self.counts[f"fault: {fault.kind}"] += 1
        return ended

    def _done(self, step: Step, depth: int) -> Ended:
        checkout = self.checkouts[step.who]
        if step.verb in COMMANDS:
            return self._command(step, checkout, depth)
        if step.verb in TAMPERINGS:
            return self._by_hand(step, checkout)
        if step.verb in PASSING:
            self.aws.clock.sleep(PASSING[step.verb])
        elif step.verb == "pull":
            other = next(row for name, row in self.checkouts.items() if name != step.who)
            checkout.pull(other)
        else:
            _, what, word = step.verb.split()
            for part in ("site", "function", "infra") if what == "everything" else (what,):
                checkout.edit(part, word)
        return Ended()

    def _by_hand(self, step: Step, checkout: Checkout) -> Ended:
        from botocore.exceptions import ClientError

        try:
            TAMPERINGS[step.verb](checkout, step.env)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return Ended(error=ResumectlError("there is nothing", code=code))
        return Ended()

    def _command(self, step: Step, checkout: Checkout, depth: int) -> Ended:
        faults = Fate.of(self.aws.clock, step.trouble, lambda: self._meanwhile(step, depth))
        ended = Ended(met=faults.met)
        worker = checkout.process(faults)
        ended.sent = worker.sent
        try:
            ended.outcome = COMMANDS[step.verb](checkout.context(worker, step.env))
            ended.error = ended.outcome.error
        except ResumectlError as error:
            ended.error = error
        except Killed:
            ended.killed = True
        except Exception as bug:
            raise Broken(f"a bug (exit 70): {''.join(traceback.format_exception(bug))}") from bug
        finally:
            worker.exit()
        self._no_secret(ended, checkout)
        return ended

    def _meanwhile(self, step: Step, depth: int) -> None:
        for other in step.trouble.meanwhile if step.trouble else ():
            self.do(other, depth + 1)

    def _no_secret(self, ended: Ended, checkout: Checkout) -> None:
        shown = json.dumps(ended.outcome.body, default=str) if ended.outcome else ""
        said = f"{ended.error} {ended.error.hint}" if ended.error else ""
        for text in (shown, said, *checkout.notes):
            if SECRET in text:
                raise Broken(f"a secret is shown: {text[:200]}")
