"""`resumectl history`."""

from __future__ import annotations

from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl history
  resumectl history --env prod -n 50 --json
"""


@register(app, "history", epilog=EXAMPLES)
def history(
    call: Call,
    count: Annotated[
        int, typer.Option("--count", "-n", metavar="N", min=1, help="How many releases to show.")
    ] = 10,
) -> Outcome:
    """List the releases: when, who, what, and which one is live."""
    from resumectl.commands import history as command

    return command.history(call.context(), count)
