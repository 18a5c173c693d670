"""`resumectl destroy`."""

from __future__ import annotations

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import Yes
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl destroy
  resumectl destroy --env staging --yes
"""


@register(app, "destroy", writes=True, names_only=True, epilog=EXAMPLES)
def destroy(call: Call, yes: Yes = False) -> Outcome:
    """Delete an environment and all of its data.

    For a protected environment, you must type its name, even with --yes. The release history is
    kept.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import destroy as command

    return command.destroy(call.context(), Approve(call, yes=yes, verb="Delete all of this"))
