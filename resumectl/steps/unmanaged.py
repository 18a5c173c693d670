"""What is in the environment although no release put it there, as steps of an operation.

Objects of the site's bucket that no release put there come out of the site's own comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.infra import inventory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resumectl.plan import Change
    from resumectl.steps.context import Context
    from resumectl.steps.live import Live


def find(ctx: Context, live: Live) -> tuple[Change, ...]:
    """Ask for each kind; gives creations of kind `unmanaged`."""
    with ctx.step("Look for what nobody released"):
        return inventory.undeclared(ctx.cloud.client, live.state)


def remove(ctx: Context, live: Live, extra: Sequence[Change]) -> None:
    """Take away what was found."""
    if not extra:
        return
    with ctx.step("Remove what nobody released") as tell:
        for change in extra:
            tell(change.key)
            inventory.remove(ctx.cloud.client, live.state, change)
