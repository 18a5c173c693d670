"""Creates the objects of an environment and hands them to one another.

The only file that names all parts. A fourth part is one folder, its name in `NAMES` and one line in
`_parts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from resumectl import files, process
from resumectl.aws import Cloud
from resumectl.process import Machine

if TYPE_CHECKING:
    from resumectl.function.part import FunctionPart
    from resumectl.infra.identity import Deployment
    from resumectl.infra.part import InfraPart
    from resumectl.infra.workspace import Terraform
    from resumectl.local.emulator import Emulator
    from resumectl.part import Parts
    from resumectl.progress import Steps
    from resumectl.release.bucket import ProjectBucket
    from resumectl.release.project import Checkout
    from resumectl.settings import Environment, Settings
    from resumectl.site.part import SitePart
    from resumectl.steps.context import Context, Releases
    from resumectl.steps.smoke import SmokeTest

NAMES: Final = ("infra", "function", "site")
"""What `--only` can name, in the order in which parts are applied."""
ALIASES: Final = {"backend": "function"}

_SETTLED: Final = 5.0
"""Seconds that the embedded cloud may take to serve what was deployed."""


def context(settings: Settings, environment: Environment, steps: Steps) -> Context:
    """An environment, ready to work on; starts the embedded cloud if that is what it needs."""
    endpoint = _started(settings, environment, steps) if environment.emulator else None
    machine = Machine(process.current())
    return Wiring(settings, Cloud(environment, endpoint), steps, machine).context


def context_if_up(settings: Settings, environment: Environment, steps: Steps) -> Context | None:
    """The same, but an embedded cloud that is not running is left alone: None."""
    if environment.emulator and emulator(settings, environment).status().state != "running":
        return None
    return context(settings, environment, steps)


def emulator(
    settings: Settings, environment: Environment | None = None, port: int | None = None
) -> Emulator:
    """The embedded cloud of a project."""
    from resumectl.local.emulator import Emulator

    own = environment.port if environment else None
    return Emulator(files.private_folder(settings.state_dir) / "local", port or own)


def function_part(settings: Settings, environment: Environment, steps: Steps) -> FunctionPart:
    """The function alone, to package it without AWS."""
    wiring = Wiring(settings, Cloud(environment), steps, Machine(process.current()))
    return wiring.function(artifacts=None)


@dataclass(frozen=True)
class Wiring:
    """Makes the objects of one environment, once each."""

    settings: Settings
    cloud: Cloud
    steps: Steps
    machine: Machine
    terraform: Callable[[Path, Path], Terraform] | None = None

    @cached_property
    def context(self) -> Context:
        """What commands work with."""
        from resumectl.release import actor
        from resumectl.steps.context import Context, Origin

        files.private_folder(self.settings.state_dir)
        environ, root = self.machine.environ, self.settings.root
        return Context(
            self.cloud.environment,
            self._parts,
            self._releases,
            self.steps,
            self._smoke,
            Origin(actor.actor(environ), lambda: actor.revision(root), self.machine.now),
            self.settings.retention,
            self.settings.ignores,
        )

    @cached_property
    def _bucket(self) -> ProjectBucket:
        from resumectl.release.bucket import PATIENCE, ProjectBucket, bucket_name
        from resumectl.release.project import Project

        account, env = self.cloud.account_id, self.cloud.environment.name
        name = bucket_name(self.settings.name, account, self.cloud.region)
        project = Project(self._checkout, name)
        patience = self.machine.waiting(PATIENCE)
        return ProjectBucket(self.cloud.client("s3"), name, account, env, project, patience)

    @cached_property
    def _unfenced_bucket(self) -> ProjectBucket:
        """For the lock itself, and for the record of a command that lost it."""
        return self._bucket.through(self.cloud.client("s3", fenced=False))

    @property
    def _checkout(self) -> Checkout:
        from resumectl.release import actor
        from resumectl.release.project import Checkout

        settings = self.settings
        memory = settings.state_dir / "projects"
        return Checkout(settings.name, settings.id, lambda: actor.origin(settings.root), memory)

    def _deployment(self) -> Deployment:
        from resumectl.infra.identity import Deployment

        cloud = self.cloud
        env = cloud.environment.name
        return Deployment(self._bucket.project_id, env, cloud.account_id, cloud.region)

    @cached_property
    def _releases(self) -> Releases:
        from resumectl.release.ledger import Ledger
        from resumectl.release.lock import Lock
        from resumectl.release.pin import Pins
        from resumectl.steps.context import Releases

        readers = {part.name: part.record for part in self._parts}
        machine, unfenced = self.machine, self._unfenced_bucket
        ledger = Ledger(self._bucket, readers, self.steps.note, unfenced)
        fence = self.cloud.fence
        lock = Lock(unfenced, machine.me, fence, alive=machine.alive, clock=machine.clock)
        return Releases(self._bucket, ledger, lock, Pins(self._bucket))

    @cached_property
    def _parts(self) -> Parts:
        function = self.function(self._artifacts("function"))
        return (self._infra(function), function, self._site())

    @cached_property
    def _smoke(self) -> SmokeTest:
        from resumectl.steps.smoke import SmokeTest

        endpoint, region = self.cloud.endpoint, self.cloud.region
        if endpoint:
            url = f"{endpoint}/{{}}/index.html"
            return SmokeTest(self.steps, url.format, new=_SETTLED, changed=_SETTLED)
        url = f"https://{{}}.s3.{region}.amazonaws.com/index.html"
        return SmokeTest(self.steps, url.format)

    @property
    def _work(self) -> Path:
        from resumectl.settings import work_dir

        return work_dir(self.settings, self.cloud.environment)

    @property
    def _run(self) -> Path:
        from resumectl.infra import runs

        return runs.folder(self._work, self.machine.me)

    def function(self, artifacts: Any) -> FunctionPart:
        """The function part."""
        from resumectl.function.part import FunctionPart
        from resumectl.function.publish import HEALTH, UPDATE

        return FunctionPart(
            self.settings.backend,
            zip_file=self._run / "function.zip",
            run=self._run,
            artifacts=artifacts,
            client=self.cloud.client,
            steps=self.steps,
            update=self.machine.waiting(UPDATE),
            health=self.machine.waiting(HEALTH),
        )

    def _site(self) -> SitePart:
        from resumectl.site.built import Builder
        from resumectl.site.part import SitePart

        settings = self.settings
        lock = settings.state_dir / "build.lock"
        return SitePart(
            Builder(settings.site, settings.root, self._run, lock),
            client=self.cloud.client,
            owner=lambda: self.cloud.account_id,
            now=self.machine.now,
            steps=self.steps,
        )

    def _infra(self, function: FunctionPart) -> InfraPart:
        from resumectl.infra.importing import Importer
        from resumectl.infra.inventory import Account
        from resumectl.infra.module import DIRECTORY, worktree_module
        from resumectl.infra.part import InfraPart
        from resumectl.infra.recovery import Recovery
        from resumectl.infra.workspace import Workspaces

        settings, cloud, note = self.settings, self.cloud, self.steps.note
        source = settings.root / DIRECTORY
        terraform = self.terraform or self._run_terraform
        workspaces = Workspaces(
            *(cloud, self._bucket, source, self._work, self._run), terraform=terraform
        )
        deployment = self._deployment

        def module() -> Any:
            return worktree_module(settings, cloud, function.zip_file, str(deployment()))

        return InfraPart(
            self._bucket,
            workspaces,
            Importer(
                workspaces,
                lambda: Account(cloud.client, deployment()),
                note,
            ),
            Recovery(
                self._bucket,
                workspaces,
                host=self.machine.me.host,
                recorded=lambda: self._releases.ledger.heads().standing("infra") is not None,
                workspace=lambda: workspaces.open(module()),
                deployment=deployment,
                note=note,
            ),
            self._artifacts("infra"),
            self.steps,
            module=module,
            package=function.released_zip,
            client=cloud.client,
        )

    def _artifacts(self, part: str) -> Any:
        from resumectl.release.artifacts import Artifacts

        return Artifacts(self._bucket, part)

    def _run_terraform(self, directory: Path, work: Path) -> Terraform:
        """Terraform itself; finding it and its provider is only done when it is needed."""
        from resumectl.infra.binary import find_terraform
        from resumectl.infra.provider import cli_config
        from resumectl.infra.runner import Runner

        environ, state_dir = self.machine.environ, self.settings.state_dir
        program = find_terraform(environ, state_dir)
        choice = cli_config(environ, state_dir, product=program.product)
        variables = {**self.cloud.environ(environ), **choice.env}
        return Runner(
            *(program.path, directory, work, self._run, variables, self.steps.note),
            gone=self._emulator_ended if self.cloud.environment.emulator else lambda: False,
        )

    @cached_property
    def _emulator_ended(self) -> Callable[[], bool]:
        cloud = emulator(self.settings, self.cloud.environment)
        return lambda: not cloud.is_running()


def _started(settings: Settings, environment: Environment, steps: Steps) -> str:
    from resumectl.progress import Step

    cloud = emulator(settings, environment)
    if cloud.status().state == "running" and environment.port is None:
        return cloud.start().endpoint
    with steps(Step("start-cloud", "Start the embedded cloud")) as tell:
        running = cloud.start(tell)
        tell(running.endpoint)
    for note in running.notes:
        steps.note(note)
    return running.endpoint
