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
  resumectl rollback             one verified release back
  resumectl rollback 41 --plan   only show the changes
  resumectl rollback 41 --env prod -m "broken layout"
"""


@register(app, "rollback", writes=True, epilog=EXAMPLES)
def rollback(
    call: Call,
    release: Annotated[
        int | None,
        typer.Argument(
            metavar="[RELEASE]",
            min=1,
            help="The number of a release; without it, the last verified one before the live one.",
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would change, and stop.")] = False,
    yes: Yes = False,
    message: Annotated[
        str,
        typer.Option(
            "--message",
            "-m",
            metavar="TEXT",
            help="Record TEXT as the reason; deploy shows it while pinned.",
        ),
    ] = "",
    wait: Wait = 0.0,
) -> Outcome:
    """Roll function and site back to an earlier release.

    This takes seconds: nothing is rebuilt. Infrastructure and the counter's data stay as they are.
    The environment is pinned: deploy refuses until you run unpin.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import rollback as command

    options = command.Options(release, only_plan=plan, message=message, wait=wait)
    return command.rollback(call.context(), options, Approve(call, yes=yes, verb="Roll back"))


@register(app, "unpin", epilog="\b\nExample:\n  resumectl unpin --env prod\n")
def unpin(call: Call) -> Outcome:
    """Allow deploys again after a rollback."""
    from resumectl.commands import unpin as command

    return command.unpin(call.context())
