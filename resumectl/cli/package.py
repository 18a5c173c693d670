"""`resumectl package`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.steps.outcome import Outcome

EXAMPLES = """\b
Examples:
  resumectl package
  resumectl package --out counter.zip --json
"""


@register(app, "package", epilog=EXAMPLES)
def package(
    call: Call,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the zip to FILE.")
    ] = None,
) -> Outcome:
    """Build the function's zip, the same bytes on every machine.

    AWS is not needed.
    """
    from resumectl.cli.wiring import function_part
    from resumectl.commands import package as command
    from resumectl.settings import work_dir

    function = function_part(call.settings, call.environment, call.steps)
    own = work_dir(call.settings, call.environment) / "function.zip"
    return command.package(function.package, out or own)
