"""The command line. One small module for each command: parse, one call, report, exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resumectl import __version__

app = typer.Typer(
    help="Deploy a serverless resume site on AWS: with a plan, a smoke test and a way back.",
    epilog="Start with: resumectl deploy   (it needs no AWS account: an embedded cloud runs it)",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"resumectl {__version__}")
        raise typer.Exit


@app.callback()
def main(
    ctx: typer.Context,
    project: Annotated[
        Path | None,
        typer.Option("--project", "-C", metavar="DIR", help="Run as if started in DIR."),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Keep the options that stand before the command's name."""
    ctx.obj = project


# Importing a command registers it; the order is the order of --help.
from resumectl.cli import deploy, plan, drift, smoke, status, history, rollback, unlock
from resumectl.cli import package, destroy, doctor, local
