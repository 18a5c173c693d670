"""`unlock`: take away the lock of a holder that died, and Terraform's own if it left one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.errors import Refused
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from resumectl.steps.context import Context


def unlock(ctx: Context, ask: Callable[[str], None], *, force: bool) -> Outcome:
    """Release the environment's locks.

    Args:
        ctx: the environment.
        ask: asked with what would be done; raises `Refused` if that is not wanted.
        force: also when the holder still shows signs of life.

    Raises:
        Refused: the holder is alive.
    """
    with ctx.step("Look at the locks"):
        held, terraform = ctx.lock.read(), ctx.terraform_lock.read()
    if held and not (held.dead or force):
        raise Refused(
            f"The holder is at work: {held.describe()}.",
            hint="Wait for it to end. If you know that it is dead: --force.",
            code="holder-alive",
        )
    found = [f"the deploy lock of {held.describe()}"] if held else []
    found += [f"Terraform's state lock of {terraform.describe()}"] if terraform else []
    if found:
        ask(
            f"This releases {' and '.join(found)}. Whoever holds it must not be working any more. Go on?"
        )
        with ctx.step("Release the locks"):
            released = held is None or ctx.lock.release(held.etag)
            released = (terraform is None or ctx.terraform_lock.release(terraform)) and released
        if not released:
            raise Refused(
                "The lock changed hands meanwhile.", hint="Run it again to see who holds it now."
            )
    return Outcome({"released": found})
