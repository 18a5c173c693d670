"""`resumectl destroy`."""

from __future__ import annotations

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import Yes
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl destroy                        the embedded cloud's environment
  resumectl destroy --env staging --yes    without a question
"""


@register(app, "destroy", writes=True, epilog=EXAMPLES)
def destroy(call: Call, yes: Yes = False) -> Outcome:
    """Delete everything that deploy made, with all its data.

    In a protected environment its name must be typed; --yes does not replace that. The ledger of releases stays.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import destroy as command

    return command.destroy(call.context(), Approve(call, yes=yes, verb="Delete all of this"))
