"""An environment on the fake AWS: parts in memory, and whoever watches and answers."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from resumectl import process
from resumectl.cli.command import Call
from resumectl.commands import deploy, revert, rollback
from resumectl.progress import Silent, Steps
from resumectl.release.bucket import ProjectBucket
from resumectl.release.ledger import Ledger
from resumectl.release.lock import Lock
from resumectl.release.pin import Pins
from resumectl.settings import Environment, Retention
from resumectl.smoke.check import Check
from resumectl.steps.context import Context, Origin, Releases
from resumectl.steps.smoke import SmokeTest
from tests.fakes.aws.world import Aws
from tests.fakes.clock import Clock
from tests.fakes.cloud import FakeCloud
from tests.fakes.faults import Faults, Killed
from tests.fakes.machine import Machine
from tests.fakes.part import usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from resumectl.fence import Fence
    from resumectl.plan import Plan
    from resumectl.release.record import Release
    from resumectl.settings import Ignore
    from tests.fakes.faults import Fault
    from tests.fakes.machine import Process
    from tests.fakes.part import FakePart

ACCOUNT, REGION = "123456789012", "eu-west-2"
PROJECT = f"resume-resumectl-{ACCOUNT}-{REGION}"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ADA = {"name": "ada", "host": "laptop"}
REVISION = "0123456789abcdef0123456789abcdef01234567"
GOOD = Check("page", ok=True, detail="200", seconds=0.1)
BAD = Check("counter", ok=False, detail="500", seconds=0.1)
UNSEEN = Check("page", ok=False, detail="no such host", seconds=0.1, seen=False)


@dataclass
class Recorder(Silent):
    """Whoever watches a command; keeps the id of each step, and each note, and tells `on_note`."""

    started: list[str] = field(default_factory=list)
    ended: list[tuple[str, bool]] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    pauses: int = 0
    on_note: Callable[[str], None] = lambda line: None

    def start(self, step) -> None:
        self.started.append(step.id)

    def update(self, step, detail) -> None:
        self.details.append(detail)

    def finish(self, step, seconds, *, ok) -> None:
        self.ended.append((step.id, ok))

    def note(self, line) -> None:
        self.notes.append(line)
        self.on_note(line)

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.pauses += 1
        yield


@dataclass
class Approval:
    """Whoever is asked; agrees, unless `refusal` is raised instead."""

    refusal: Exception | None = None
    plans: list[Plan] = field(default_factory=list)
    names: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, plan: Plan) -> None:
        self.plans.append(plan)
        if self.refusal:
            raise self.refusal

    def name(self, wanted: str, why: str) -> None:
        self.names.append((wanted, why))
        if self.refusal:
            raise self.refusal


class World:
    """An environment, worked on by one context after the other.

    Attributes:
        faults: what goes wrong in the processes of all contexts; `bucket`, `ledger`, `pins` and
            `lock` are those of a process without faults.
        checks: how the next smoke tests end; the last one repeats.
        tested: the target and the settling seconds of each smoke test.
    """

    def __init__(
        self,
        *parts: FakePart,
        protected: bool = False,
        ignores: tuple[Ignore, ...] = (),
        retention: Retention | None = None,
    ) -> None:
        self.parts = parts or usual()
        self.env = Environment("prod", region=REGION, protected=protected)
        self.ignores, self.retention = ignores, retention or Retention()
        self.aws, self.progress, self.faults = Aws(clock=Clock(NOW)), Recorder(), Faults()
        self.machine = Machine(clock=self.aws.clock)
        self.checks: list[tuple[Check, ...]] = [(GOOD,)]
        self.tested: list[tuple[Any, float]] = []
        self._processes: dict[int, Process] = {}
        self._watcher = self.machine.start(self.aws, ACCOUNT, REGION)
        self.bucket = _bucket(FakeCloud(self.env, self._watcher))
        self.pins = Pins(self.bucket)

    def part(self, name: str) -> FakePart:
        return next(part for part in self.parts if part.name == name)

    # --- processes

    def process(self, pid: int = 1) -> Process:
        """The process with this PID; it is started if none runs."""
        if pid not in self._processes or not self._processes[pid].alive:
            started = self.machine.start(self.aws, ACCOUNT, REGION, self.faults, pid)
            self._processes[pid] = started
        return self._processes[pid]

    def context(self, pid: int = 1) -> Context:
        """What a process works with."""
        worker = self.process(pid)
        steps = Steps(self.progress)
        for part in self.parts:
            part.steps = steps
        cloud = FakeCloud(self.env, worker)
        bucket, unfenced = _bucket(cloud), _bucket(cloud, fenced=False)
        lock = self._lock(unfenced, worker, cloud.fence)
        releases = Releases(bucket, self._ledger(bucket, unfenced), lock, Pins(bucket))
        origin = Origin(ADA, lambda: {"revision": REVISION, "dirty": False}, lambda: self.now)
        smoke = SmokeTest(steps, run=self._run)
        return Context(
            *(self.env, self.parts, releases, steps, smoke, origin),
            *(self.retention, self.ignores),
        )

    def crash(self, command: str, pid: int = 9) -> None:
        """A process is killed while it holds the lock."""
        with pytest.raises(Killed), self.context(pid).locked(command):
            self.process(pid).kill()

    def fail(self, *faults: Fault) -> None:
        """Let these faults happen from now on."""
        self.faults.add(*faults)

    def _lock(self, bucket: ProjectBucket, worker: Process, fence: Fence | None = None) -> Lock:
        place = self.machine.boot_id, self.machine.pid_namespace
        me = process.Process(self.machine.host, worker.pid, worker.started, *place)
        clock = self.aws.clock.monotonic
        return Lock(bucket, me, fence, alive=self.machine.alive, clock=clock, poll=0.01)

    def _ledger(self, bucket: ProjectBucket, unfenced: ProjectBucket | None = None) -> Ledger:
        readers = {part.name: part.record for part in self.parts}
        return Ledger(bucket, readers, unfenced=unfenced)

    # --- what is there

    @property
    def now(self) -> datetime:
        return self.aws.clock.now()

    @property
    def ledger(self) -> Ledger:
        return self._ledger(self.bucket)

    def lock(self) -> Lock:
        return self._lock(self.bucket, self._watcher)

    def stored(self) -> dict[str, str]:
        """The keys of the project bucket, sorted, and the current version of each."""
        if PROJECT not in self.aws.buckets:
            return {}
        rows = self.aws.buckets[PROJECT].all_versions()
        return {key: row.id for key, row, latest in rows if latest and not row.is_marker}

    def write(self, value: str, *names: str) -> None:
        """Let the repository want another value of every thing, in these parts or in all."""
        for part in self.parts:
            if not names or part.name in names:
                part.repository = dict.fromkeys(part.repository, value)

    def later(self, **time: float) -> None:
        self.aws.clock.advance(timedelta(**time).total_seconds())

    def live(self) -> dict[str, dict[str, str]]:
        """What is live, by part."""
        return {part.name: dict(part.cloud) for part in self.parts}

    def forget_calls(self) -> None:
        for part in self.parts:
            part.calls, part.writes, part.applied, part.compared = [], [], [], []

    # --- commands

    def deploy(self, approval: Any = None, **options: Any) -> Any:
        return deploy.deploy(self.context(), deploy.Options(**options), approval or Approval())

    def release(self, value: str, **options: Any) -> Release:
        """Deploy a value everywhere, and return the newest record."""
        self.write(value)
        outcome = self.deploy(**options)
        assert outcome.error is None
        release = self.ledger.heads().newest
        assert release
        return release

    def rollback(self, approval: Any = None, **options: Any) -> Any:
        return rollback.rollback(
            self.context(), rollback.Options(**options), approval or Approval()
        )

    def revert(self, approval: Any = None, *, force: bool = False) -> Any:
        return revert.revert(self.context(), approval or Approval(), force=force)

    def _run(self, target: Any, *, pace: Any, on_check: Any) -> tuple[Check, ...]:
        self.tested.append((target, pace.settle))
        checks = self.checks.pop(0) if len(self.checks) > 1 else self.checks[0]
        for check in checks:
            on_check(check)
        return checks


@dataclass(frozen=True)
class FakeCall(Call):
    """A call of a command that works on an environment in memory."""

    world: Any = None

    def context(self) -> Context:
        return self.world.context()

    def context_if_up(self) -> Context | None:
        return self.world and self.world.context()

    @property
    def environment(self) -> Environment:
        return self.world.env if self.world else Environment("local", emulator=True)


def _bucket(cloud: FakeCloud, *, fenced: bool = True) -> ProjectBucket:
    """The project bucket as a process reaches it."""
    return ProjectBucket(cloud.client("s3", fenced=fenced), PROJECT, ACCOUNT, "prod")
