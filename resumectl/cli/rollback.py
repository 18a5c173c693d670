"""`resumectl rollback` and `resumectl unpin`."""

from __future__ import annotations

from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import Wait, Yes
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl rollback          to the last verified release before the live one
  resumectl rollback 41 --plan   what going back to release 41 would do
  resumectl rollback 41 --env prod -m "broken layout"
"""


@register(app, "rollback", writes=True, epilog=EXAMPLES)
def rollback(
    call: Call,
    release: Annotated[
        int | None, typer.Argument(metavar="[RELEASE]", min=1, help="The release's number.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would be done.")] = False,
    yes: Yes = False,
    message: Annotated[
        str, typer.Option("--message", "-m", metavar="TEXT", help="Why, for whoever deploys next.")
    ] = "",
    wait: Wait = 0.0,
) -> Outcome:
    """Serve an earlier release again, rebuilding nothing.

    Function and site are back in seconds. Infrastructure and the counter's data stay as they are. The environment is
    pinned: deploy refuses until unpin.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import rollback as command

    options = command.Options(release, only_plan=plan, message=message, wait=wait)
    return command.rollback(call.context(), options, Approve(call, yes=yes, verb="Go back"))


@register(app, "unpin", epilog="\b\nExample:\n  resumectl unpin --env prod\n")
def unpin(call: Call) -> Outcome:
    """Let deploys through again after a rollback."""
    from resumectl.commands import rollback as command

    return command.unpin(call.context())
