"""`unlock`: release the lock of a holder that crashed, and Terraform's own if it left one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from resumectl.errors import Refused
from resumectl.progress import Step
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.steps.context import Context

_READ: Final = Step("read-locks", "Read the locks")
_RELEASE: Final = Step("release-locks", "Release the locks")


def unlock(ctx: Context, ask: Callable[[str], None], *, force: bool) -> Outcome:
    """Release the environment's locks.

    Args:
        ctx: the environment.
        ask: asked with what would be done; raises `Refused` if the answer is no.
        force: also if the holder still shows signs of life.

    Raises:
        Refused: the holder is alive.
    """
    lock = ctx.releases.lock
    with ctx.steps(_READ):
        held = lock.read()
        foreign = [other for part in ctx.parts if (other := part.lock())]
    if held and not (held.dead or force):
        raise Refused(
            f"The holder is still working: {held.describe()}.",
            hint="Wait for it to finish. If it crashed, add --force.",
            code="holder-alive",
        )
    locks = [f"the deploy lock of {held.describe()}"] if held else []
    locks += [f"the state lock of {other.describe()}" for other in foreign]
    if locks:
        ask(f"Release {' and '.join(locks)}. Continue only if no deploy is running. Continue?")
        with ctx.steps(_RELEASE):
            released = [held is None or lock.release(held.etag)]
            released += [other.release() for other in foreign]
        if not all(released):
            hint = "Run it again to see who holds it now."
            raise Refused("The lock changed hands meanwhile.", hint=hint)
    return Outcome({"released": locks})
