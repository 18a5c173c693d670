"""Where objects are made and handed to one another: settings and options -> a context to work in."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from resumectl.aws import Cloud
from resumectl.steps.context import Context

if TYPE_CHECKING:
    from resumectl.local.emulator import Emulator
    from resumectl.settings import Environment, Settings
    from resumectl.steps.progress import Steps


def emulator(
    settings: Settings, environment: Environment | None = None, port: int | None = None
) -> Emulator:
    """The embedded cloud of a project."""
    from resumectl.local.emulator import Emulator

    return Emulator(
        settings.state_dir / "local", port or (environment.port if environment else None)
    )


def context(settings: Settings, environment: Environment, steps: Steps) -> Context:
    """An environment, ready to work on; starts the embedded cloud when that is what it needs."""
    endpoint = _started(settings, environment, steps) if environment.emulator else None
    return Context(
        settings, Cloud(environment, endpoint), os.environ, steps, lambda: datetime.now(UTC)
    )


def _started(settings: Settings, environment: Environment, steps: Steps) -> str:
    cloud = emulator(settings, environment)
    if cloud.status().state == "running" and environment.port is None:
        return cloud.start().endpoint
    with steps("Start the embedded cloud") as tell:
        running = cloud.start(tell)
        tell(running.endpoint)
    for note in running.notes:
        steps.progress.note(note)
    return running.endpoint


def context_if_up(settings: Settings, environment: Environment, steps: Steps) -> Context | None:
    """The same, but an embedded cloud that is not running is left alone: None."""
    if environment.emulator and emulator(settings, environment).status().state != "running":
        return None
    return context(settings, environment, steps)
