"""`resumectl unlock`."""

from __future__ import annotations

from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import Yes
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl unlock                 says whose lock it is, and asks
  resumectl unlock --env prod --yes
"""


@register(app, "unlock", epilog=EXAMPLES)
def unlock(
    call: Call,
    yes: Yes = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also when the holder still shows signs of life.")
    ] = False,
) -> Outcome:
    """Release the locks that a dead deploy left.

    Ours, and Terraform's own. Says first whose they are, and asks.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import unlock as command

    return command.unlock(call.context(), Approve(call, yes=yes).question, force=force)
