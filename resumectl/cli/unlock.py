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
  resumectl unlock
  resumectl unlock --env prod --yes
"""


@register(app, "unlock", epilog=EXAMPLES)
def unlock(
    call: Call,
    yes: Yes = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Release the lock even if its holder seems to be running."),
    ] = False,
) -> Outcome:
    """Release the locks of a deploy that crashed.

    Show who holds resumectl's lock and Terraform's lock, ask, release them. Continue only if no
    deploy is running.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import unlock as command

    return command.unlock(call.context(), Approve(call, yes=yes).question, force=force)
