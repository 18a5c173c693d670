"""One seed from its beginning to its end: prepare, play, look, and see that all converges."""

from __future__ import annotations

import shutil
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.driver import live, start
from tests.driver.chance import script
from tests.driver.play import Play
from tests.driver.step import Step
from tests.driver.strangers import THEIRS, owner
from tests.driver.writer import Broken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.driver.chance import Script

WAYS_OUT = {"locked": "unlock --force", "pinned": "unpin"}
"""What the hint of a refusal says to type."""


@dataclass
class Result:
    """How a story ended.

    Attributes:
        start: which environments are deployed before.
        broken: the invariant that does not hold; empty if all do.
        told: the story, one line per step.
        counts: what really happened.
    """

    seed: int
    start: Sequence[str] = ()
    broken: str = ""
    told: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        begins = f"{' and '.join(self.start) or 'nothing'} deployed"
        lines = [f"seed {self.seed}: {begins}", *(f"  {line}" for line in self.told)]
        return "\n".join([*lines, f"  BROKEN: {self.broken}"] if self.broken else lines)


def tell(seed: int) -> Result:
    """Play the story of a seed."""
    return play(script(seed))


def play(written: Script) -> Result:
    """Play a story."""
    folder = start.folder()
    result = Result(written.seed, written.start)
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
    for step in written.steps:
        playing.do(step)
    playing.strangers.leave()
    playing.aws.clock.sleep(3600)
    for bucket in playing.aws.buckets.values():
        bucket.settle()
    for env in live.ENVS:
        if live.records(playing.aws, env):
            _converges(playing, env)


def _converges(playing: Play, env: str) -> None:
    """Without faults, `deploy` and what its hints say to type lead to where nothing is left."""
    who = "stranger" if owner(playing.aws) == THEIRS else "laptop"
    playing.do(Step(who, env, "edit everything a"))
    verb, deploys = "deploy", 0
    for _ in range(6):
        ended = playing.do(Step(who, env, verb))
        if ended.error is None:
            break
        code = ended.error.code
        if code in WAYS_OUT:
            playing.do(Step(who, env, WAYS_OUT[code]))
        elif code == "data-loss":
            verb = "deploy --force"
        else:
            deploys += 1
            if deploys == 2:
                raise Broken(f"the environment does not converge: {ended.line}")
    _nothing_is_left(playing, env, who)


def _nothing_is_left(playing: Play, env: str, who: str) -> None:
    for verb in ("drift", "plan"):
        ended = playing.do(Step(who, env, verb))
        if ended.error or (ended.outcome and ended.outcome.exit_code):
            changes = ended.outcome.body["changes"] if ended.outcome else ended.line
            raise Broken(f"{verb} after a good deploy: {changes}")
    checkout = playing.checkouts["laptop"]
    if locks := [key for key in checkout.stored() if "lock" in key and env in key]:
        raise Broken(f"locks are left: {locks}")
    if half := checkout.half_pages(env):
        raise Broken(f"pages without their assets: {half}")
