"""Approval: nothing is changed before the plan was shown and agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from resumectl.errors import Refused
from resumectl.steps.compare import plan_of

if TYPE_CHECKING:
    from resumectl.plan import Plan
    from resumectl.steps.compare import AnyComparison
    from resumectl.steps.context import Context


class Approve(Protocol):
    """Asks before anything is changed."""

    def __call__(self, plan: Plan) -> None:
        """Return if the plan may be applied, raise `Refused` if not."""

    def name(self, wanted: str, why: str) -> None:
        """Return if the environment's name was typed, raise `Refused` if not."""


def losses(ctx: Context, comparisons: Sequence[AnyComparison]) -> list[str]:
    """What applying would lose, one line each."""
    parts = zip(ctx.parts, comparisons, strict=True)
    return [line for part, comparison in parts for line in part.losses(comparison)]


def ask(
    ctx: Context, comparisons: Sequence[AnyComparison], approve: Approve, *, force: bool
) -> None:
    """Show the plan and ask, unless there is nothing to do; stop before losing data.

    Raises:
        Refused: data would be lost and `force` was not given, or the answer is no, or the name of
            the protected environment was not typed.
    """
    lost = losses(ctx, comparisons)
    if lost and not force:
        hint = "If that is what you want: --force."
        raise Refused(f"{'; '.join(lost)}.", hint=hint, code="data-loss")
    if lost and ctx.env.protected:
        approve.name(ctx.env.name, f"{'; '.join(lost)}.")
    plan = plan_of(comparisons)
    if plan:
        approve(plan)
