"""`resumectl smoke`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.errors import BuildError
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl smoke
  resumectl smoke --env prod --junit smoke.xml
  resumectl smoke --url https://example.com
"""


@register(app, "smoke", epilog=EXAMPLES)
def smoke(
    call: Call,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Test the site at URL.")
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", help="Also write a JUnit report to FILE."),
    ] = None,
) -> Outcome:
    """Test the live site and counter.

    The smoke test uses the public address, as a visitor does. It counts on the reserved page
    /_smoke, so no real count changes. The exit code is 4 if a check fails.
    """
    outcome = _tested(call, url)
    if junit:
        _write(junit, outcome, url or call.environment.name)
    return outcome


def _tested(call: Call, url: str | None) -> Outcome:
    from resumectl.commands import smoke as command

    if url:
        from resumectl.steps.smoke import SmokeTest

        return command.smoke_url(url, SmokeTest(call.steps))
    return command.smoke(call.context())


def _write(file: Path, outcome: Outcome, suite: str) -> None:
    from resumectl.report.junit import junit

    try:
        file.write_text(junit(outcome.body["checks"], suite), encoding="utf-8")
    except OSError as error:
        hint = "Choose a file you can write."
        raise BuildError(f"Cannot write {file}: {error.strerror}.", hint=hint) from error
