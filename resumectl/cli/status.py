"""`resumectl status`."""

from __future__ import annotations

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl status
  resumectl status --env prod --json | jq .urls.site
"""


@register(app, "status", epilog=EXAMPLES)
def status(call: Call) -> Outcome:
    """Show what is live, what drifted and what is not deployed yet."""
    from resumectl.commands import status as command

    context = call.context_if_up()
    return command.status(context) if context else command.stopped(call.environment.name)
