"""One seed from its beginning to its end: prepare, play, look, and see that all converges."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.driver import live
from tests.driver.chance import script
from tests.driver.invariants import Before, Invariants
from tests.driver.play import Broken, Play
from tests.driver.step import Step

if TYPE_CHECKING:
    from tests.driver.chance import Script

WAYS_OUT = {"locked": "unlock --force", "pinned": "unpin"}
"""What the hint of a refusal says to type."""


@dataclass
class Result:
    """How a story ended.

    Attributes:
        broken: the invariant that does not hold; empty if all do.
        told: the story, one line per step.
        counts: what really happened.
    """

    seed: int
    broken: str = ""
    told: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [f"seed {self.seed}", *(f"  {line}" for line in self.told)]
        return "\n".join([*lines, f"  BROKEN: {self.broken}"] if self.broken else lines)


def tell(seed: int) -> Result:
    """Play the story of a seed."""
    return play(script(seed))


def play(written: Script) -> Result:
    """Play a story."""
    folder = Path(tempfile.mkdtemp(prefix="driver-"))
    result = Result(written.seed)
    try:
        playing = Play(written, folder)
        result.told, result.counts = playing.told, playing.counts
        _play(playing, written)
    except Broken as broken:
        result.broken = str(broken)
    except Exception as mistake:  # noqa: BLE001 - of the driver itself: the seed must be told
        result.broken = "".join(traceback.format_exception(mistake))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _play(playing: Play, written: Script) -> None:
    for env in written.start:
        _good(playing, Step("laptop", env, "deploy"))
    invariants = Invariants(playing)
    for step in written.steps:
        before = Before.of(playing.aws)
        ended = playing.do(step)
        invariants.after(step, ended, before)
    playing.aws.clock.sleep(3600)
    for bucket in playing.aws.buckets.values():
        bucket.settle()
    for env in live.ENVS:
        if live.records(playing.aws, env):
            _converges(playing, invariants, env)


def _good(playing: Play, step: Step) -> None:
    ended = playing.do(step)
    if ended.error:
        raise Broken(f"{step.verb} of a healthy environment failed: {ended.line}")


def _converges(playing: Play, invariants: Invariants, env: str) -> None:
    """Without faults, `deploy` and what its hints say to type lead to where nothing is left."""
    playing.do(Step("laptop", env, "edit everything a"))
    verb, deploys = "deploy", 0
    for _ in range(6):
        before, step = Before.of(playing.aws), Step("laptop", env, verb)
        ended = playing.do(step)
        invariants.after(step, ended, before)
        if ended.error is None:
            break
        code = ended.error.code
        if code in WAYS_OUT:
            playing.do(Step("laptop", env, WAYS_OUT[code]))
        elif code == "data-loss":
            verb = "deploy --force"
        else:
            deploys += 1
            if deploys == 2:
                raise Broken(f"the environment does not converge: {ended.line}")
    _nothing_is_left(playing, env)


def _nothing_is_left(playing: Play, env: str) -> None:
    for verb in ("drift", "plan"):
        ended = playing.do(Step("laptop", env, verb))
        if ended.error or (ended.outcome and ended.outcome.exit_code):
            changes = ended.outcome.body["changes"] if ended.outcome else ended.line
            raise Broken(f"{verb} after a good deploy: {changes}")
    checkout = playing.checkouts["laptop"]
    if locks := [key for key in checkout.stored() if "lock" in key and env in key]:
        raise Broken(f"locks are left: {locks}")
    if half := checkout.half_pages(env):
        raise Broken(f"pages without their assets: {half}")
