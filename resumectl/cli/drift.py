"""`resumectl drift`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import Force, Yes
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl drift                   exit code 3 when anything drifted
  resumectl drift --env prod --json
  resumectl drift --fix             put back what drifted, after a question
"""


@register(app, "drift", epilog=EXAMPLES)
def drift(
    call: Call,
    fix: Annotated[bool, typer.Option("--fix", help="Put back exactly what drifted.")] = False,
    yes: Yes = False,
    force: Force = False,
) -> Outcome:
    """Show what changed behind our back.

    Is what is live what was released? Read-only: takes no lock and writes no state. What the repository holds but
    nobody deployed yet is not drift.
    """
    from resumectl.commands import drift as command
    from resumectl.commands import revert

    if not fix:
        return command.drift(call.context())
    from resumectl.cli.approve import Approve

    fixer = replace(call, writes=True)
    return revert.fix(
        fixer.context(), Approve(fixer, yes=yes, verb="Put all of this back"), force=force
    )
