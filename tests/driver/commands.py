"""The commands that a story is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from resumectl.commands import (
    deploy,
    destroy,
    drift,
    history,
    plan,
    revert,
    rollback,
    smoke,
    status,
)
from resumectl.commands import unlock as unlocking
from resumectl.commands import unpin as unpinning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resumectl.plan import Plan
    from resumectl.steps.context import Context
    from resumectl.steps.outcome import Outcome


@dataclass
class Shown:
    """Agrees to every plan, and remembers it.

    Attributes:
        plan: what was shown; None when nobody was asked.
    """

    plan: Plan | None = None

    def __call__(self, plan: Plan) -> None:
        self.plan = plan

    def name(self, wanted: str, why: str) -> None:
        """Agree."""


if TYPE_CHECKING:
    Command = Callable[[Context, Shown], Outcome]


def _deploy(ctx: Context, shown: Shown, **chosen: object) -> Outcome:
    return deploy.deploy(ctx, deploy.Options(**chosen), shown)  # type: ignore[arg-type]


def _rollback(ctx: Context, shown: Shown, number: int | None = None) -> Outcome:
    return rollback.rollback(ctx, rollback.Options(number), shown)


def _fix(ctx: Context, shown: Shown, *, force: bool = False) -> Outcome:
    return revert.revert(ctx, shown, force=force)


def _unlock(ctx: Context, _: Shown, *, force: bool = False) -> Outcome:
    return unlocking.unlock(ctx, lambda _: None, force=force)


def _alone(command: Callable[..., Outcome], **chosen: object) -> Command:
    """A command that asks nobody."""
    return lambda ctx, _: command(ctx, **chosen)


COMMANDS: Mapping[str, Command] = {
    "deploy": _deploy,
    "deploy --only infra": partial(_deploy, only=("infra",)),
    "deploy --only function": partial(_deploy, only=("function",)),
    "deploy --only site": partial(_deploy, only=("site",)),
    "deploy --only infra --only function": partial(_deploy, only=("infra", "function")),
    "deploy --only function --only site": partial(_deploy, only=("function", "site")),
    "deploy --only infra --only site": partial(_deploy, only=("infra", "site")),
    "deploy --no-smoke": partial(_deploy, smoke=False),
    "deploy --no-rollback": partial(_deploy, take_back=False),
    "deploy --force": partial(_deploy, force=True),
    "plan": _alone(plan.plan, only=(), exit_code=True),
    "plan --only site": _alone(plan.plan, only=("site",), exit_code=True),
    "drift": _alone(drift.drift),
    "drift --fix": _fix,
    "drift --fix --force": partial(_fix, force=True),
    "rollback": _rollback,
    **{f"rollback {number}": partial(_rollback, number=number) for number in range(1, 5)},
    "unpin": _alone(unpinning.unpin),
    "unlock": _unlock,
    "unlock --force": partial(_unlock, force=True),
    "history": _alone(history.history, count=20),
    "smoke": _alone(smoke.smoke),
    "status": _alone(status.status, facts=lambda _: {}),
    "destroy": destroy.destroy,
}
WRITING = (
    *(name for name in COMMANDS if name.split()[0] in ("deploy", "rollback", "destroy")),
    *("drift --fix", "drift --fix --force"),
)
"""Those that hold the lock."""
READING = ("plan", "plan --only site", "drift", "history", "smoke", "status")
