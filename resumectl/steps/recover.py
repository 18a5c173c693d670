"""Before a command that writes: mend what a crashed one left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl.progress import Step

if TYPE_CHECKING:
    from resumectl.steps.context import Context

_RECOVER: Final = Step("recover", "Look for an interrupted run")


def recover(ctx: Context, *, for_apply: bool = True) -> None:
    """Let each part mend what it can; each says so in one line. The deploy lock must be held.

    Args:
        ctx: the environment.
        for_apply: also what only matters to a command that applies infrastructure.

    Raises:
        ResumectlError: something cannot be mended.
    """
    with ctx.steps(_RECOVER):
        for part in ctx.parts:
            part.recover(for_apply=for_apply)
