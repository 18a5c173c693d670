"""`resumectl deploy`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.plan import PartName
from resumectl.steps.outcome import Outcome


class Only(StrEnum):
    """What `--only` can name."""

    infra = "infra"
    backend = "backend"
    site = "site"


OnlyOption = Annotated[
    list[Only] | None,
    typer.Option("--only", help="Only this part: infra, backend or site. May be repeated."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing anything.")]
Force = Annotated[
    bool, typer.Option("--force", help="Go on although it is pinned, or data would be lost.")
]

Wait = Annotated[
    float,
    typer.Option(
        "--wait", metavar="SECONDS", min=0, help="Wait so long for another deploy to end."
    ),
]

EXAMPLES = """\b
Examples:
  resumectl deploy                    everything, on the embedded cloud
  resumectl deploy --env prod         the same on AWS
  resumectl deploy --only site --yes  just the pages, without a question
  resumectl deploy -m "New job" --json
"""


@register(app, "deploy", writes=True, epilog=EXAMPLES)
def deploy(
    call: Call,
    only: OnlyOption = None,
    yes: Yes = False,
    no_smoke: Annotated[
        bool, typer.Option("--no-smoke", help="Do not test the site afterwards.")
    ] = False,
    no_rollback: Annotated[
        bool,
        typer.Option(
            "--no-rollback", help="Leave a release whose tests fail in place, for a look."
        ),
    ] = False,
    message: Annotated[
        str, typer.Option("--message", "-m", metavar="TEXT", help="Why, for the ledger.")
    ] = "",
    force: Force = False,
    wait: Wait = 0.0,
) -> Outcome:
    """Make what is live what the repository says.

    Infrastructure, function and site: shows the plan and asks; then applies exactly that plan, tests the site through
    its front door and records the release. Interrupted at any point, the same command continues.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import deploy as command

    options = command.Options(
        parts(only),
        smoke=not no_smoke,
        rollback=not no_rollback,
        message=message,
        force=force,
        wait=wait,
    )
    return command.deploy(call.context(), options, Approve(call, yes=yes))


_PARTS: Mapping[Only, PartName] = {Only.infra: "infra", Only.backend: "function", Only.site: "site"}


def parts(only: list[Only] | None) -> tuple[PartName, ...]:
    """The names of parts for `--only`; empty means all."""
    return tuple(_PARTS[name] for name in only or ())
