"""`resumectl smoke`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl smoke                                the environment's own site
  resumectl smoke --env prod --junit smoke.xml   also as a JUnit report
  resumectl smoke --url https://example.com      any site of this kind
"""


@register(app, "smoke", epilog=EXAMPLES)
def smoke(
    call: Call,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Test the site at this address.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Also write a JUnit report.")
    ] = None,
) -> Outcome:
    """Prove through the front door that site and counter work.

    Counts on the reserved page /_smoke, so no real page's count changes. Exit code 4 when a check fails.
    """
    from resumectl.commands import smoke as command

    if url:
        return command.smoke_url(url, call.steps, junit)
    return command.smoke(call.context(), junit)
