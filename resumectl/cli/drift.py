"""`resumectl drift`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import Yes
from resumectl.errors import UsageError
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl drift                exit code 3: drift
  resumectl drift --fix          revert what drifted
  resumectl drift --env prod --json
"""


@register(app, "drift", epilog=EXAMPLES)
def drift(
    call: Call,
    fix: Annotated[bool, typer.Option("--fix", help="Revert exactly what drifted.")] = False,
    yes: Yes = False,
    force: Annotated[
        bool, typer.Option("--force", help="Revert even if data would be lost.")
    ] = False,
) -> Outcome:
    """Show what changed since the last release, and revert it.

    Without --fix it only reads: it takes no lock and changes nothing. Changes in the repository
    that are not deployed yet are not drift.
    """
    from resumectl.commands import drift as command
    from resumectl.commands import revert

    if (yes or force) and not fix:
        option = "--force" if force else "--yes"
        raise UsageError(
            f"{option} only has a meaning together with --fix.",
            hint="To revert what drifted: resumectl drift --fix",
        )
    if not fix:
        return command.drift(call.context())
    from resumectl.cli.approve import Approve

    fixer = replace(call, writes=True)
    return revert.revert(
        fixer.context(), Approve(fixer, yes=yes, verb="Revert all of this"), force=force
    )
