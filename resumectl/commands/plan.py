"""`plan`: live -> worktree, shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resumectl.errors import Exit
from resumectl.steps.approve import losses
from resumectl.steps.compare import survey
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.steps.context import Context


def plan(ctx: Context, only: Sequence[str], *, exit_code: bool) -> Outcome:
    """Report what deploy would do.

    Args:
        ctx: the environment.
        only: the names of the parts to look at; empty means all.
        exit_code: end with `Exit.DIFFERENT` if there is anything to do.
    """
    found = survey(ctx, only)
    changes = [change.as_json() for change in found.plan.changes]
    code = Exit.DIFFERENT if exit_code and found.plan else Exit.OK
    lost = losses(ctx, found.comparisons)
    return Outcome({"changes": changes, "losses": lost, "digest": found.plan.digest()}, code=code)
