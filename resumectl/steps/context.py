"""One environment, wired: everything an operation needs, made once and passed in."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from resumectl import aws
from resumectl.errors import Refused
from resumectl.infra import configuration, state
from resumectl.infra.part import Infra, Module, module
from resumectl.infra.statelock import StateLocks
from resumectl.release import actor, bucket
from resumectl.release.artifacts import Artifacts
from resumectl.release.ledger import Ledger
from resumectl.release.lock import Lock
from resumectl.release.pin import Pins
from resumectl.settings import work_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from resumectl.aws import Client, Cloud
    from resumectl.infra.state import State
    from resumectl.release.lock import Holder
    from resumectl.settings import Environment, Settings
    from resumectl.steps.progress import Steps


@dataclass(frozen=True)
class Context:
    """An environment of a project, and how to work on it.

    Attributes:
        environ: the environment variables of the process.
        steps: told what is being done.
        now: gives the time of day, with its zone.
    """

    settings: Settings
    cloud: Cloud
    environ: Mapping[str, str]
    steps: Steps
    now: Callable[[], datetime]

    @property
    def env(self) -> Environment:
        """The environment."""
        return self.cloud.environment

    @property
    def work(self) -> Path:
        """Where this environment keeps what can be made again."""
        return work_dir(self.settings, self.env)

    @property
    def s3(self) -> Client:
        """The S3 client."""
        return self.cloud.client("s3")

    @cached_property
    def actor(self) -> dict[str, str]:
        """Who is doing this."""
        return actor.actor(self.environ)

    @cached_property
    def bucket(self) -> str:
        """The name of the project bucket."""
        return bucket.name(self.settings.name, self.cloud.account_id, self.cloud.region)

    @cached_property
    def ledger(self) -> Ledger:
        """The releases of the environment."""
        return Ledger(self.s3, self.bucket, self.env.name)

    @cached_property
    def lock(self) -> Lock:
        """The deploy lock of the environment."""
        return Lock(self.s3, self.bucket, self.env.name)

    @cached_property
    def terraform_lock(self) -> StateLocks:
        """Terraform's own lock of the environment's state."""
        return StateLocks(self.s3, self.bucket, self.env.name)

    @cached_property
    def artifacts(self) -> Artifacts:
        """What releases were made of."""
        return Artifacts(self.s3, self.bucket, self.env.name)

    @cached_property
    def pins(self) -> Pins:
        """The pin of the environment."""
        return Pins(self.s3, self.bucket, self.env.name)

    @contextmanager
    def locked(self, command: str, wait: float = 0.0) -> Iterator[Holder | None]:
        """Hold the deploy lock while the block runs; first wait so many seconds for it.

        Gives the interrupted command of this machine that held it until now, if there was one.

        Raises:
            Locked: somebody else is at work.
        """
        held = self.lock.held(command, self.actor, self.now(), self.steps.progress.note, wait)
        with aws.translated("holding the deploy lock"), held as interrupted:
            yield interrupted

    @cached_property
    def infra(self) -> Infra:
        """The infrastructure part; finds Terraform, so it is made only when it is needed."""
        return self.infra_of(self.module)

    def infra_of(self, of: Module) -> Infra:
        """The infrastructure part with another configuration than the worktree's."""
        stored = bucket.exists(self.s3, self.bucket)
        return Infra.open(
            self.settings, self.cloud, self.bucket if stored else None, of, self.environ
        )

    @cached_property
    def module(self) -> Module:
        """The infrastructure's configuration in the worktree."""
        return module(self.settings, self.cloud)

    def infra_digest(self) -> str:
        """What the infrastructure's configuration is; needs no Terraform."""
        return configuration.digest(self.module.directory, self.module.variables)

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """A step of the operation; errors of AWS in it come out as ours."""
        with self.steps(name) as tell, aws.translated(f"trying to {name[:1].lower()}{name[1:]}"):
            yield tell

    def state(self) -> State | None:
        """Terraform's state as it is now."""
        return state.read(self.s3, self.bucket, self.env.name)

    def deployed_state(self) -> State:
        """Terraform's state of an environment that must have been deployed.

        Raises:
            Refused: it never was.
        """
        found = self.state()
        if found is None or not found.complete:
            raise self._not_deployed()
        return found

    def require_release(self) -> None:
        """Make sure that there is something to work on, even if its state is gone or broken.

        Raises:
            Refused: the environment was never deployed.
        """
        with self.step("Look for a release"):
            if not self.ledger.numbers():
                raise self._not_deployed()

    def _not_deployed(self) -> Refused:
        hint = f"resumectl deploy --env {self.env.name}"
        return Refused(f"Environment {self.env.name} is not deployed yet.", hint=hint)
