"""Where stories begin: environments that are deployed already, made once per process."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.aws.world import Aws
from tests.fakes.clock import Clock
from tests.functional.world import World

if TYPE_CHECKING:
    from tests.driver.chance import Script

_MEMORY = Path("/dev/shm")


def folder() -> Path:
    """A new folder, in memory where the system has such a place."""
    return Path(tempfile.mkdtemp(prefix="driver-", dir=_MEMORY if _MEMORY.is_dir() else None))


def begin(script: Script, checkout: Path) -> Aws:
    """The AWS in which a story begins; fills the checkout that deployed it."""
    if not script.start:
        return Aws(Clock(), script.seed, settling=script.settling, busy=script.busy)
    root, deployed = _deployed(tuple(script.start))
    shutil.copytree(root, checkout)
    aws = deployed.copy()
    aws.clock = Clock(deployed.clock.now())
    aws.seed, aws.busy = script.seed, script.busy
    return aws


@functools.cache
def _deployed(envs: tuple[str, ...]) -> tuple[Path, Aws]:
    root = folder()
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    world = World(root / "project", Aws(Clock()))
    for env in envs:
        world.deploy(env=env)
    return world.root, world.aws
