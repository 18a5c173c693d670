"""`resumectl doctor`."""

from __future__ import annotations

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl doctor
  resumectl doctor --env prod --json
"""


@register(app, "doctor", epilog=EXAMPLES)
def doctor(call: Call) -> Outcome:
    """Check what resumectl needs on this machine.

    Says which Terraform and which provider were chosen, and why.
    """
    from resumectl.cli.wiring import emulator
    from resumectl.commands import doctor as command

    def cloud() -> str:
        from resumectl.local.launch import require_packages

        require_packages()
        found = emulator(call.settings, call.environment).status()
        return f"{found.state}, {found.endpoint}" if found.endpoint else found.state

    return command.doctor(call.settings, call.environment, cloud)
