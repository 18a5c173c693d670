"""`resumectl deploy`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.wiring import ALIASES, NAMES
from resumectl.steps.outcome import Outcome

Only = StrEnum("Only", [(name, name) for name in (*NAMES, *ALIASES)])  # type: ignore[misc]
"""What `--only` accepts."""

OnlyOption = Annotated[
    list[Only] | None,
    typer.Option(
        "--only",
        metavar="|".join(NAMES),
        help="Limit the command to this part; repeat it for several parts.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Force = Annotated[
    bool,
    typer.Option("--force", help="Deploy even if the environment is pinned or data would be lost."),
]

Wait = Annotated[
    float,
    typer.Option(
        "--wait", metavar="SECONDS", min=0, help="Wait up to SECONDS for another deploy to finish."
    ),
]

EXAMPLES = """\b
Examples:
  resumectl deploy               to the embedded cloud
  resumectl deploy --env prod    to AWS
  resumectl deploy --only site   only the site
  resumectl deploy --yes -m "New job"
"""


@register(app, "deploy", writes=True, epilog=EXAMPLES)
def deploy(
    call: Call,
    only: OnlyOption = None,
    yes: Yes = False,
    no_smoke: Annotated[bool, typer.Option("--no-smoke", help="Skip the smoke test.")] = False,
    no_rollback: Annotated[
        bool,
        typer.Option("--no-rollback", help="Leave the new release live if its smoke test fails."),
    ] = False,
    message: Annotated[
        str, typer.Option("--message", "-m", metavar="TEXT", help="Record TEXT as the reason.")
    ] = "",
    force: Force = False,
    wait: Wait = 0.0,
) -> Outcome:
    """Deploy the repository: infrastructure, function and site.

    Show the plan, ask, apply exactly that plan, run the smoke test, record the release. If the
    smoke test fails, function and site are taken back to the last release. If the deploy is
    interrupted, run it again to continue.
    """
    from resumectl.cli.approve import Approve
    from resumectl.commands import deploy as command

    options = command.Options(
        parts(only),
        smoke=not no_smoke,
        take_back=not no_rollback,
        message=message,
        force=force,
        wait=wait,
    )
    return command.deploy(call.context(), options, Approve(call, yes=yes))


def parts(only: list[Only] | None) -> tuple[str, ...]:
    """The names of the parts that `--only` names; empty means all."""
    return tuple(ALIASES.get(name.value, name.value) for name in only or ())
