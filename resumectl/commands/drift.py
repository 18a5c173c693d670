"""`drift`: released -> live. What changed outside of resumectl, by kind; read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.errors import Exit
from resumectl.steps import drift as drifts
from resumectl.steps.look import look_deployed
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.steps.context import Context


def drift(ctx: Context) -> Outcome:
    """Report what drifted. Without a difference, a look that failed is an error."""
    drifted = drifts.find(ctx, look_deployed(ctx))
    body = {**drifts.body(ctx, drifted), "reverted": False}
    if drifted.plan:
        return Outcome(body, code=Exit.DIFFERENT)
    return Outcome(body, drifts.blindness(drifted))
