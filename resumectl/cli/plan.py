"""`resumectl plan`."""

from __future__ import annotations

from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import OnlyOption, parts
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl plan                 what deploy would change
  resumectl plan --only site -v  every object and field
  resumectl plan --exit-code     exit code 3: changes
"""


@register(app, "plan", epilog=EXAMPLES)
def plan(
    call: Call,
    only: OnlyOption = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 if there is anything to deploy.")
    ] = False,
) -> Outcome:
    """Show what deploy would change."""
    from resumectl.commands import plan as command

    return command.plan(call.context(), parts(only), exit_code=exit_code)
