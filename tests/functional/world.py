"""A project on the disk, one fake AWS, and one process after another that works on it."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from resumectl import process, settings
from resumectl.cli import wiring
from resumectl.commands import deploy, destroy, revert, rollback
from resumectl.function.part import FunctionPart
from resumectl.progress import Silent, Steps
from resumectl.smoke.check import Check
from tests.fakes.aws.world import Aws
from tests.fakes.clock import Clock
from tests.fakes.cloud import FakeCloud
from tests.fakes.machine import Machine
from tests.fakes.terraform.runner import FakeRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from resumectl.part import Parts
    from resumectl.smoke.target import Target
    from resumectl.steps.context import Context
    from resumectl.steps.outcome import Outcome
    from tests.fakes.aws.bucket import Bucket
    from tests.fakes.aws.cloudfront import Distribution
    from tests.fakes.aws.function import Function
    from tests.fakes.faults import Faults
    from tests.fakes.machine import Process

ACCOUNT, REGION = "123456789012", "eu-west-2"
PROJECT = f"resume-resumectl-{ACCOUNT}-{REGION}"
TOML = '[project]\nname = "resume"\nid = "1f2e3d4c"\n' + "".join(
    f'\n[env.{env}]\nregion = "{REGION}"\n' for env in ("prod", "stage")
)
PAGE = '<!doctype html><html lang="en"><title>{0}</title><script src="/assets/{0}.js"></script>'


class Notes(Silent):
    """Keeps the notes, and reports nothing else."""

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes

    def note(self, line: str) -> None:
        self._notes.append(line)


class Agreed:
    """Agrees to every plan."""

    def __call__(self, plan: Any) -> None:
        """Agree."""

    def name(self, wanted: str, why: str) -> None:
        """Agree."""


@dataclass
class World:
    """A project, its AWS, and the machine where people work on it.

    Attributes:
        root: the project's folder.
        notes: every note that any process gave.
        broken: how many of the next smoke tests fail.
    """

    root: Path
    aws: Aws = field(default_factory=lambda: Aws(clock=Clock.of_this_machine()))
    notes: list[str] = field(default_factory=list)
    broken: int = 0

    def __post_init__(self) -> None:
        self.machine = Machine(clock=self.aws.clock)
        if not self.root.exists():
            (self.root / "terraform").mkdir(parents=True)
            (self.root / "lambda_src").mkdir()
            (self.root / settings.FILE).write_text(TOML)
            self.write("first", memory=128)

    def copy(self, root: Path) -> World:
        """The same project and AWS once more, in another folder."""
        shutil.copytree(self.root, root)
        return World(root, self.aws.copy(), list(self.notes))

    def write(self, word: str, memory: int) -> None:
        """Another site, another function, another setting."""
        assets = self.root / "frontend" / "assets"
        assets.mkdir(parents=True, exist_ok=True)
        for old in assets.iterdir():
            old.unlink()
        (assets / f"{word}.js").write_text(f"'{word}'")
        for page in ("index.html", "about.html", "404.html"):
            (assets.parent / page).write_text(PAGE.format(word))
        (self.root / "lambda_src" / "counter.py").write_text(
            f"def handler(event, context):\n    return '{word}'\n"
        )
        (self.root / "terraform" / "counter.tf").write_text(f"memory_size = {memory}\n")

    # --- processes

    def process(self, faults: Faults | None = None, machine: Machine | None = None) -> Process:
        """Start a process of the account."""
        return (machine or self.machine).start(self.aws, ACCOUNT, REGION, faults)

    def client(self, service: str) -> Any:
        """A client of somebody else in the same account."""
        return self.process().client(service)

    def context(self, process: Process | None = None, env: str = "prod") -> Context:
        """What a process works with."""
        worker = process or self.process()
        loaded = settings.load(self.root)
        wired = wiring.Wiring(
            loaded,
            FakeCloud(loaded.environment(env), worker),
            Steps(Notes(self.notes)),
            _seam(worker),
            self._terraform(worker, env),
        )
        made = wired.context
        return replace(
            made,
            parts=_without_handler_check(made.parts),
            smoke=replace(made.smoke, run=lambda target, **_: self.checks(target, env)),
            origin=replace(made.origin, revision=dict),
        )

    def _terraform(self, worker: Process, env: str) -> Callable[[Path, Path], FakeRunner]:
        def terraform(directory: Path, work: Path) -> FakeRunner:
            run = self.root / ".resumectl" / "env" / env / "run" / str(worker.pid)
            return FakeRunner(worker, directory, work, run)

        return terraform

    @contextmanager
    def working(
        self, faults: Faults | None = None, machine: Machine | None = None, env: str = "prod"
    ) -> Iterator[Context]:
        """A process that ends with the block."""
        worker = self.process(faults, machine)
        try:
            yield self.context(worker, env)
        finally:
            worker.exit()

    def deploy(
        self,
        faults: Faults | None = None,
        machine: Machine | None = None,
        env: str = "prod",
        **options: Any,
    ) -> Outcome:
        with self.working(faults, machine, env) as ctx:
            return deploy.deploy(ctx, deploy.Options(**options), Agreed())

    def rollback(self, faults: Faults | None = None, **options: Any) -> Outcome:
        with self.working(faults) as ctx:
            return rollback.rollback(ctx, rollback.Options(**options), Agreed())

    def fix(self, faults: Faults | None = None, *, force: bool = True) -> Outcome:
        """`drift --fix`."""
        with self.working(faults) as ctx:
            return revert.revert(ctx, Agreed(), force=force)

    def destroy(self, faults: Faults | None = None) -> Outcome:
        with self.working(faults) as ctx:
            return destroy.destroy(ctx, Agreed())

    # --- what is there

    @property
    def bucket(self) -> Bucket:
        """The project bucket."""
        found: Bucket = self.aws.buckets[PROJECT]
        return found

    def stored(self, prefix: str = "") -> list[str]:
        """What the project bucket holds."""
        return [
            key
            for key, _, latest in self.bucket.all_versions()
            if latest and key.startswith(prefix) and self.bucket.current(key)
        ]

    def objects(self, env: str = "prod") -> dict[str, tuple[bytes, str, str]]:
        """What visitors get, by key: bytes, type and cache control."""
        bucket = self.aws.buckets.get(site(env))
        served = {}
        for key, version, latest in bucket.all_versions() if bucket else ():
            if latest and version.body is not None:
                headers = version.headers
                kept = headers["ContentType"], headers.get("CacheControl", "")
                served[key] = (version.body, *kept)
        return served

    def half_pages(self, env: str = "prod") -> list[str]:
        """Pages that are served without what they need."""
        served = self.objects(env)
        needs = {
            key: set(re.findall(r'src="/(.*?)"', body.decode()))
            for key, (body, _, _) in served.items()
            if key.endswith(".html")
        }
        return [key for key, assets in needs.items() if not assets <= served.keys()]

    def function(self, env: str = "prod") -> Function:
        found: Function = self.aws.service(ACCOUNT, REGION, "lambda").functions[name(env)]
        return found

    def distribution(self, env: str = "prod") -> Distribution | None:
        """The environment's distribution, if there is one."""
        found = self.aws.service(ACCOUNT, REGION, "cloudfront").distributions.values()
        return next((row for row in found if row.config["Comment"] == f"resume-{env}"), None)

    def visit(self, env: str = "prod") -> None:
        """A visitor gets everything that is there, and the edge keeps it."""
        distribution = self.distribution(env)
        if distribution is not None:
            for key in self.objects(env):
                distribution.get(self.aws, f"/{key}")

    def stale(self, keys: set[str], env: str = "prod") -> list[str]:
        """Of these keys, those for which the edge still has other bytes than the bucket."""
        distribution, served = self.distribution(env), self.objects(env)
        now = {key: served[key][0] if key in served else None for key in keys}
        if distribution is None:
            return []
        return [key for key in sorted(keys) if distribution.get(self.aws, f"/{key}") != now[key]]

    def checks(self, target: Target, env: str = "prod") -> tuple[Check, ...]:
        """The front door: every page is what it should be and finds its assets."""
        served = self.objects(env)
        whole = (target.pages or {}).keys() == served.keys() and not self.half_pages(env)
        counter = "live" in self.function(env).aliases and not self.broken
        self.broken = max(self.broken - 1, 0)
        return Check("page", whole, "", 0.0), Check("counter", counter, "", 0.0)


def site(env: str = "prod") -> str:
    """The site's bucket."""
    return f"resume-{env}-site-{ACCOUNT}"


def name(env: str = "prod") -> str:
    """The function."""
    return f"resume-{env}-counter"


def state(env: str = "prod") -> str:
    """The key of Terraform's state."""
    return f"terraform/{env}.tfstate"


def _seam(worker: Process) -> process.Machine:
    machine = worker.machine
    me = process.Process(
        *(machine.host, worker.pid, worker.started, machine.boot_id, machine.pid_namespace)
    )
    clock = machine.time
    return process.Machine(me, machine.alive, {}, clock.now, clock.monotonic, clock.sleep)


def _without_handler_check(parts: Parts) -> Parts:
    """The parts without the check of the handler, which starts a Python each time."""
    return tuple(
        replace(part, check_handler=lambda *_: None) if isinstance(part, FunctionPart) else part
        for part in parts
    )
