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
    """Check that this machine has what resumectl needs.

    Show which Terraform and which provider are used, and why.
    """
    from resumectl.cli.machine import needs
    from resumectl.cli.wiring import emulator
    from resumectl.commands import doctor as command

    def cloud() -> str:
        from resumectl.local.launch import require_packages

        require_packages()
        status = emulator(call.settings, call.environment).status()
        return f"{status.state}, {status.endpoint}" if status.endpoint else status.state

    return command.doctor(needs(call.settings, call.environment, cloud))
