"""The commands that a story is made of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from resumectl.commands import deploy, destroy, drift, history, plan, revert, rollback, smoke
from resumectl.commands import unlock as unlocking
from resumectl.commands import unpin as unpinning
from tests.functional.world import Agreed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resumectl.steps.context import Context
    from resumectl.steps.outcome import Outcome

    Command = Callable[[Context], Outcome]


def _deploy(ctx: Context, **chosen: object) -> Outcome:
    return deploy.deploy(ctx, deploy.Options(**chosen), Agreed())  # type: ignore[arg-type]


def _rollback(ctx: Context, number: int | None = None) -> Outcome:
    return rollback.rollback(ctx, rollback.Options(number), Agreed())


def _fix(ctx: Context, *, force: bool = False) -> Outcome:
    return revert.revert(ctx, Agreed(), force=force)


def _unlock(ctx: Context, *, force: bool = False) -> Outcome:
    return unlocking.unlock(ctx, lambda _: None, force=force)


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
    "plan": partial(plan.plan, only=(), exit_code=True),
    "plan --only site": partial(plan.plan, only=("site",), exit_code=True),
    "drift": drift.drift,
    "drift --fix": _fix,
    "drift --fix --force": partial(_fix, force=True),
    "rollback": _rollback,
    **{f"rollback {number}": partial(_rollback, number=number) for number in range(1, 5)},
    "unpin": unpinning.unpin,
    "unlock": _unlock,
    "unlock --force": partial(_unlock, force=True),
    "history": partial(history.history, count=20),
    "smoke": smoke.smoke,
    "destroy": lambda ctx: destroy.destroy(ctx, Agreed()),
}
READING = ("plan", "plan --only site", "drift", "history", "smoke")
