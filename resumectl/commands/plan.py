"""`plan`: live -> worktree, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.errors import Exit
from resumectl.steps.compare import survey
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resumectl.plan import PartName
    from resumectl.steps.context import Context


def plan(ctx: Context, only: Sequence[PartName], *, exit_code: bool) -> Outcome:
    """What deploy would do.

    Args:
        ctx: the environment.
        only: the parts to look at; empty means all.
        exit_code: end with `Exit.DIFFERENT` when there is anything to do.
    """
    found = survey(ctx, only).plan
    body = {"changes": [change.as_json() for change in found.changes], "digest": found.digest()}
    return Outcome(body, code=Exit.DIFFERENT if exit_code and found else Exit.OK)
