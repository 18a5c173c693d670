"""Playing a story: every step on the real code and the one fake AWS, and a look after each."""

from __future__ import annotations

import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from resumectl.errors import ResumectlError
from tests.driver.checkout import Checkout
from tests.driver.commands import COMMANDS, WRITING, Shown
from tests.driver.fate import Fate
from tests.driver.invariants import INTERRUPTED, Moment, check
from tests.driver.kept import Kept
from tests.driver.live import ENVS
from tests.driver.look import Look
from tests.driver.start import begin
from tests.driver.strangers import MAKES, OURS, THEIRS, Strangers, another_project, owner
from tests.driver.tampering import TAMPERINGS
from tests.driver.writer import Broken, Writer, require
from tests.fakes.faults import Killed
from tests.fakes.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path

    from resumectl.plan import Plan
    from resumectl.steps.outcome import Outcome
    from tests.driver.chance import Script
    from tests.driver.step import Step
    from tests.fakes.faults import Fault

DAY = 86_400
PASSING = {"an hour passes": 3600.0, "a month passes": 31.0 * DAY}


@dataclass
class Ended:
    """How a step ended.

    Attributes:
        outcome: of a command that ended by itself.
        error: what it failed with, also when that is in its outcome.
        killed: whether its process died.
        met: the faults that happened.
        sent: name and arguments of every call.
        shown: the plan that was agreed to.
        said: every note.
        process: host and PID of a command.
    """

    outcome: Outcome | None = None
    error: ResumectlError | None = None
    killed: bool = False
    met: list[Fault] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    shown: Plan | None = None
    said: list[str] = field(default_factory=list)
    process: tuple[str, int] | None = None

    @property
    def code(self) -> str:
        """Of its error; empty if there is none."""
        return self.error.code if self.error else ""

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
        self.aws = begin(script, folder / "laptop")
        self.told: list[str] = []
        self.counts: Counter[str] = Counter()
        self.checkouts: dict[str, Checkout] = {}
        self._later: list[Broken] = []
        self._kept = Kept(2 if script.keeps_little else 20)
        self._doing: list[Step] = []
        self.strangers = Strangers(self.aws)
        names = ("laptop", "ci", "stranger")
        for host, skew in zip(names, (*script.skews, 0), strict=True):
            machine = Machine(host=host, boot_id=f"{host}-1", clock=self.aws.clock, skew=skew)
            checkout = Checkout.at(folder / host, self.aws, machine)
            if script.keeps_little:
                checkout.keep_little()
            self.checkouts[host] = checkout
        another_project(self.checkouts["stranger"])
        for env in ENVS:
            self._kept.check(self.aws, env, may_delete=False)

    def do(self, step: Step, depth: int = 0) -> Ended:
        """Do one step, and tell it."""
        self.told.append("    " * depth + step.line)
        place, env = len(self.told) - 1, step.env
        before, whose = Look.at(self.aws, env), owner(self.aws)
        self._doing.append(step)
        ended = self._done(step, depth)
        met = [f"{fault.kind} at {fault.call} {fault.key} {fault.at}" for fault in ended.met[:1]]
        self.told[place] += f" -> {', '.join([*met, ended.line])}"
        self._count(step, ended)
        for name in ENVS:
            half = any(doing.trouble and doing.env == name for doing in self._doing)
            self._kept.check(self.aws, name, may_delete=self._may_delete(name), half_done=half)
        self._doing.pop()
        if step.verb not in COMMANDS:
            self.strangers.look()
        self.strangers.check()
        after, destroyed = Look.at(self.aws, env), self._kept.destroyed[env]
        foreign = whose is not None and whose != _project(step)
        check(Moment(self.aws, step, ended, before, after, destroyed, foreign))
        return ended

    def _done(self, step: Step, depth: int) -> Ended:
        checkout = self.checkouts[step.who]
        if step.verb in COMMANDS:
            return self._command(step, checkout, depth)
        if step.verb in TAMPERINGS:
            return self._by_hand(step, checkout)
        if step.verb in MAKES:
            return self._by_a_stranger(step, checkout)
        if step.verb in PASSING:
            self.aws.clock.sleep(PASSING[step.verb])
        elif step.verb == "pull":
            other = self.checkouts["ci" if step.who == "laptop" else "laptop"]
            checkout.pull(other)
        else:
            _, what, word = step.verb.split()
            for part in ("site", "function", "infra") if what == "everything" else (what,):
                checkout.edit(part, word)
        return Ended()

    def _by_a_stranger(self, step: Step, checkout: Checkout) -> Ended:
        from botocore.exceptions import ClientError

        try:
            made = self.strangers.make(step.verb, checkout, step.env)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return Ended(error=ResumectlError("AWS refused it", code=code))
        if made:
            self.counts[f"made: {step.verb}"] += 1
        return Ended()

    def _by_hand(self, step: Step, checkout: Checkout) -> Ended:
        from botocore.exceptions import ClientError

        try:
            TAMPERINGS[step.verb](checkout, step.env)
        except ValueError:  # what it would change cannot be read
            return Ended(error=ResumectlError("it is damaged", code="unreadable"))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return Ended(error=ResumectlError("there is nothing", code=code))
        return Ended()

    def _command(self, step: Step, checkout: Checkout, depth: int) -> Ended:
        writer = Writer(self.aws, step.env) if step.verb in WRITING else None
        faults = Fate.of(self.aws.clock, step.trouble, lambda: self._meanwhile(step, depth))
        worker = checkout.process(faults)
        if writer:
            faults.before = partial(writer.before, worker, checkout.root)
        ended = Ended(met=faults.met, sent=worker.sent, process=(checkout.machine.host, worker.pid))
        shown, notes = Shown(), len(checkout.notes)
        try:
            context = checkout.context(worker, step.env)
            ended.outcome = COMMANDS[step.verb](context, shown)
            ended.error = ended.outcome.error
        except ResumectlError as error:
            ended.error = error
        except Killed:
            ended.killed = True
        except KeyboardInterrupt:
            ended.error = ResumectlError("Interrupted.", code=INTERRUPTED)
        except Exception as bug:
            self._raise_later()
            raise Broken(f"a bug (exit 70): {''.join(traceback.format_exception(bug))}") from bug
        finally:
            worker.exit()
        self._raise_later()
        if writer:
            require(not writer.others, "who writes", "holds the lock", writer.others)
        ended.shown, ended.said = shown.plan, checkout.notes[notes:]
        return ended

    def _meanwhile(self, step: Step, depth: int) -> None:
        """What others do while a machine sleeps; what breaks there is told when it woke up."""
        for other in step.trouble.meanwhile if step.trouble else ():
            try:
                self.do(other, depth + 1)
            except Broken as broken:
                self._later.append(broken)
                return

    def _raise_later(self) -> None:
        if self._later:
            raise self._later.pop()

    def _count(self, step: Step, ended: Ended) -> None:
        """What really happened, for the figures."""
        self.counts[f"step: {step.verb}"] += 1
        kinds = {fault.kind for fault in ended.met}
        if step.trouble and step.trouble.kind == "suspend" and kinds:
            same = any(other.env == step.env for other in step.trouble.meanwhile)
            kinds = {f"suspended, {'the same' if same else 'another'} environment meanwhile"}
        self.counts.update(f"fault: {kind}" for kind in kinds)
        self.counts[f"end: {ended.line.partition(':')[0].partition(',')[0]}"] += 1

    def _may_delete(self, env: str) -> bool:
        """Whether what is being done, or was done meanwhile, may delete the counts."""
        meanwhile = [
            other for step in self._doing if step.trouble for other in step.trouble.meanwhile
        ]
        verbs = [step.verb for step in (*self._doing, *meanwhile) if step.env == env]
        return any(verb in ("destroy", "deploy --force", "drift --fix --force") for verb in verbs)


def _project(step: Step) -> str:
    return THEIRS if step.who == "stranger" else OURS
