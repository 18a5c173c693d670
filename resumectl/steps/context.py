"""What commands work with: one environment, its parts and its releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from resumectl import aws

if TYPE_CHECKING:
    from resumectl.part import Parts
    from resumectl.progress import Steps
    from resumectl.release.bucket import ProjectBucket
    from resumectl.release.ledger import Ledger
    from resumectl.release.lock import Holder, Lock
    from resumectl.release.pin import Pins
    from resumectl.settings import Environment, Ignore, Retention
    from resumectl.steps.smoke import SmokeTest


@dataclass(frozen=True)
class Releases:
    """What the project bucket holds of one environment."""

    bucket: ProjectBucket
    ledger: Ledger
    lock: Lock
    pins: Pins


@dataclass(frozen=True)
class Origin:
    """Who runs the command, from which revision, when.

    Attributes:
        actor: as `release.actor.actor()` gives it.
        revision: reads the git revision of the project; empty outside of a repository.
        now: the time of day, with its zone.
    """

    actor: Mapping[str, str]
    revision: Callable[[], Mapping[str, Any]]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Context:
    """One environment, ready to work on.

    Attributes:
        parts: in the order in which they are applied.
        steps: reports what is being done.
        smoke: tests the live site.
    """

    env: Environment
    parts: Parts
    releases: Releases
    steps: Steps
    smoke: SmokeTest
    origin: Origin
    retention: Retention
    ignores: tuple[Ignore, ...] = ()

    @contextmanager
    def locked(self, command: str, wait: float = 0.0) -> Iterator[Holder | None]:
        """Hold the deploy lock while the block runs; first wait up to `wait` seconds for it.

        Gives the crashed command of this machine that held it until now, if there was one.

        Raises:
            Locked: another command holds it.
            Refused: the project bucket belongs to another project.
        """
        origin, note = self.origin, self.steps.note
        held = self.releases.lock.held(command, origin.actor, origin.now(), note, wait)
        with aws.translated("holding the deploy lock"), held as crashed:
            self._claim()
            yield crashed

    def _claim(self) -> None:
        """What writes also says whose project bucket it is, if the bucket does not say it yet."""
        bucket = self.releases.bucket
        with aws.translated("claiming the project bucket"):
            is_new = bucket.claim()
        project = bucket.project
        if is_new and project and not project.is_portable and not self.env.emulator:
            self.steps.note(
                f'Set id = "{project.id}" under [project] in resumectl.toml: without it and without'
                " a git origin, no other checkout can deploy this project."
            )
