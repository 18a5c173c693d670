"""Stories by chance: a seed gives the same steps on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.driver.commands import COMMANDS, READING
from tests.driver.step import Step, Trouble
from tests.driver.strangers import MAKES
from tests.driver.tampering import TAMPERINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MACHINES, ENVS, HOUR = ("laptop", "ci"), ("prod", "stage"), 3600
PARTS, WORDS = ("site", "function", "infra"), ("a", "b", "c")
ANY_DEPLOY = tuple(name for name in COMMANDS if name.startswith("deploy"))
ANY_ROLLBACK = tuple(name for name in COMMANDS if name.startswith("rollback"))
ANY_EDIT = tuple(f"edit {what} {word}" for what in (*PARTS, "everything") for word in WORDS)
BY_HAND = tuple(TAMPERINGS)
FIX = ("drift --fix", "drift --fix --force")
MOTIFS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (ANY_EDIT, ("deploy",)),
    (ANY_EDIT, ("deploy",), ANY_EDIT, ("deploy",)),
    (ANY_EDIT, ANY_DEPLOY),
    (ANY_EDIT, ANY_EDIT, ANY_DEPLOY),
    (("edit site broken",), ANY_DEPLOY),
    (ANY_EDIT, ("deploy",), ("rollback",)),
    (ANY_EDIT, ("deploy",), ANY_ROLLBACK, ("unpin",), ("deploy",)),
    (ANY_ROLLBACK, ("unpin",)),
    (ANY_ROLLBACK, ANY_DEPLOY),
    (ANY_ROLLBACK, ANY_ROLLBACK),
    (BY_HAND, FIX),
    (BY_HAND, BY_HAND, FIX),
    (BY_HAND, ANY_DEPLOY),
    (BY_HAND, ("drift",)),
    (BY_HAND, ANY_ROLLBACK),
    (READING,),
    (("an hour passes", "a month passes", "pull"),),
    (("unlock", "unlock --force", "unpin"),),
    (("destroy",), ("deploy",)),
    (("destroy",),),
    (tuple(MAKES), ANY_DEPLOY),
    (tuple(MAKES), ANY_DEPLOY, ("destroy", *FIX)),
)
"""What people do one after the other: of each group, one."""
LONG = 180.0
"""Seconds after which others may call the holder of a lock dead."""
WRITES = (*ANY_DEPLOY, *ANY_ROLLBACK, *FIX, "destroy")
CODES = ("InternalError", "SlowDown", "ThrottlingException", "ExpiredToken", "AccessDenied")
KINDS = (
    *("kill-before", "kill-after", "refuse", "repeat", "lose", "suspend"),
    *("cut", "die", "interrupt-before", "interrupt-after"),
)


@dataclass(frozen=True)
class Script:
    """Everything that one seed decides.

    Attributes:
        start: which environments are deployed before the story begins.
        skews: how many seconds each machine's clock is ahead.
        settling: for how many calls a new bucket may answer from the past.
        busy: for how many reads Lambda stays in progress after each write.
        keeps_little: whether releases are pruned from the third one on.
    """

    seed: int
    start: Sequence[str]
    steps: Sequence[Step]
    skews: Sequence[int] = (0, 0)
    settling: int = 0
    busy: int = 0
    keeps_little: bool = False


def script(seed: int) -> Script:
    """The story of a seed."""
    chance = random.Random(seed)
    start: tuple[str, ...] = chance.choice(((), ("prod",), ENVS, ENVS, ENVS))
    steps: list[Step] = []
    while len(steps) < chance.choice((4, 6, 8)):
        steps += _motif(chance)
    return Script(
        seed,
        start,
        steps,
        (chance.randint(-HOUR, HOUR), chance.randint(-HOUR, HOUR)),
        settling=0 if start else chance.choice((0, 2, 5)),
        busy=chance.choice((0, 0, 2)),
        keeps_little=chance.random() < 0.4,
    )


def _motif(chance: random.Random) -> Iterator[Step]:
    """On one environment, mostly of one machine."""
    first, env = chance.choice(MACHINES), chance.choice((*ENVS, "prod"))
    for group in chance.choice(MOTIFS):
        verb = chance.choice(group)
        who = first if chance.random() < 0.8 else chance.choice((*MACHINES, "stranger"))
        troubled = verb in COMMANDS and chance.random() < 0.4
        yield Step(who, env, verb, _trouble(chance, who, env) if troubled else None)


def _trouble(chance: random.Random, who: str, env: str) -> Trouble:
    kind, fate = chance.choice(KINDS), chance.randrange(1_000_000)
    if kind == "suspend":
        return _suspended(chance, fate, who, env)
    if kind == "refuse":
        lasting = chance.random() < 0.3
        return Trouble(kind, fate=fate, code=chance.choice(CODES), lasting=lasting)
    lasting = kind == "cut" and chance.random() < 0.3
    return Trouble(kind, fate=fate, lasting=lasting)


def _suspended(chance: random.Random, fate: int, who: str, env: str) -> Trouble:
    other = next(name for name in MACHINES if name != who)
    there = env if chance.random() < 0.7 else chance.choice(ENVS)
    seconds = chance.choice((0.0, 20.0, LONG, LONG))
    verbs = ["unlock"] if seconds == LONG and chance.random() < 0.8 else []
    verbs.append(chance.choice(chance.choice((WRITES, ("deploy",), READING))))
    steps = tuple(Step(other, there, verb) for verb in verbs)
    return Trouble("suspend", fate=fate, seconds=seconds, meanwhile=steps)
