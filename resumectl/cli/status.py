"""`resumectl status`."""

from __future__ import annotations

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.operations.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl status
  resumectl status --env prod --json | jq .urls.site
"""


@register(app, "status", epilog=EXAMPLES)
def status(call: Call) -> Outcome:
    """Show on one screen what is live, what differs, what waits."""
    from resumectl.cli.wiring import context_if_up
    from resumectl.operations import status as operation

    found = context_if_up(call.settings, call.environment, call.steps)
    return operation.status(found) if found else operation.stopped(call.environment.name)
