"""Stories by chance: a seed gives the same steps on every machine."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.driver.commands import COMMANDS, READING
from tests.driver.step import Step, Trouble
from tests.driver.tampering import TAMPERINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

MACHINES, ENVS, HOUR = ("laptop", "ci"), ("prod", "stage"), 3600
WEIGHTS = {
    "deploy": 12,
    "rollback": 5,
    "drift --fix": 4,
    "unpin": 3,
    "deploy --force": 2,
    "destroy": 0.7,
}
CODES = ("InternalError", "SlowDown", "ThrottlingException", "ExpiredToken", "AccessDenied")
KINDS = ("kill-before", "kill-after", "refuse", "repeat", "lose", "suspend")


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
    steps = [_step(chance) for _ in range(chance.randint(4, 8))]
    return Script(
        seed,
        start,
        steps,
        (chance.randint(-HOUR, HOUR), chance.randint(-HOUR, HOUR)),
        settling=0 if start else chance.choice((0, 2, 5)),
        busy=chance.choice((0, 0, 2)),
        keeps_little=chance.random() < 0.4,
    )


def _step(chance: random.Random) -> Step:
    who, env = chance.choice(MACHINES), chance.choice((*ENVS, "prod"))
    kind = chance.random()
    if kind < 0.25:
        return Step(who, env, _edit(chance))
    if kind < 0.37:
        return Step(who, env, chance.choice(list(TAMPERINGS)))
    if kind < 0.41:
        return Step(who, env, chance.choice(("an hour passes", "a month passes")))
    verb = _command(chance)
    trouble = _trouble(chance, who, env) if chance.random() < 0.5 else None
    return Step(who, env, verb, trouble)


def _edit(chance: random.Random) -> str:
    what = chance.choice(("site", "site", "function", "infra", "everything", "pull"))
    if what == "pull":
        return "pull"
    words = ("a", "b", "c", "broken") if what == "site" else ("a", "b", "c")
    return f"edit {what} {chance.choice(words)}"


def _command(chance: random.Random) -> str:
    names = list(COMMANDS)
    return chance.choices(names, [WEIGHTS.get(name, 1) for name in names])[0]


def _trouble(chance: random.Random, who: str, env: str) -> Trouble:
    kind, fate = chance.choice(KINDS), chance.randrange(1_000_000)
    if kind == "suspend":
        return _suspended(chance, fate, who, env)
    if kind == "refuse":
        lasting = chance.random() < 0.3
        return Trouble(kind, fate=fate, code=chance.choice(CODES), lasting=lasting)
    return Trouble(kind, fate=fate)


def _suspended(chance: random.Random, fate: int, who: str, env: str) -> Trouble:
    other = next(name for name in MACHINES if name != who)
    there = env if chance.random() < 0.7 else chance.choice(ENVS)
    choice = chance.random()
    if choice < 0.4:
        verbs = ["unlock --force", chance.choice(("deploy", "rollback", "drift --fix"))]
    elif choice < 0.7:
        verbs = [_command(chance)]
    else:
        verbs = [chance.choice(READING)]
    steps = tuple(Step(other, there, verb) for verb in verbs)
    return Trouble("suspend", fate=fate, seconds=chance.choice((0.0, 20.0, 180.0)), meanwhile=steps)
