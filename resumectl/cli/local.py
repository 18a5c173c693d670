"""`resumectl local start|stop|status|reset`: the embedded cloud."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from resumectl.cli import app
from resumectl.cli.command import Call, register
from resumectl.cli.deploy import Yes
from resumectl.progress import Step
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.local.emulator import Emulator

_HELP = "Control the embedded cloud, an AWS on this machine."

local = typer.Typer(
    name="local",
    help=f"{_HELP}\n\nEnvironments with emulator = true run on it.",
    short_help=_HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(local)

EXAMPLE = "\b\nExample:\n  resumectl local {}\n"

Port = Annotated[
    int | None,
    typer.Option("--port", metavar="N", min=1024, max=65535, help="Listen on port N."),
]


@register(local, "start", group="local", writes=True, epilog=EXAMPLE.format("start --port 4566"))
def start(call: Call, port: Port = None) -> Outcome:
    """Start the embedded cloud with the data it had.

    It listens on 127.0.0.1 only.
    """
    cloud = _emulator(call, port)
    with call.steps(Step("start-cloud", "Start the embedded cloud")) as tell:
        running = cloud.start(tell)
    for note in running.notes:
        call.steps.note(note)
    return _outcome(cloud)


@register(local, "stop", group="local", writes=True, epilog=EXAMPLE.format("stop"))
def stop(call: Call) -> Outcome:
    """Stop the embedded cloud and keep its data."""
    cloud = _emulator(call)
    with call.steps(Step("stop-cloud", "Stop the embedded cloud")):
        cloud.stop()
    return _outcome(cloud)


@register(local, "status", group="local", epilog=EXAMPLE.format("status --json"))
def status(call: Call) -> Outcome:
    """Show whether the embedded cloud runs, where, and its size."""
    return _outcome(_emulator(call))


@register(local, "reset", group="local", writes=True, epilog=EXAMPLE.format("reset --yes"))
def reset(call: Call, yes: Yes = False) -> Outcome:
    """Stop the embedded cloud and delete all of its data.

    This deletes sites, counts, Terraform state and releases.
    """
    from resumectl.cli.approve import Approve

    Approve(call, yes=yes).question("Delete all data in this project's embedded cloud?")
    cloud = _emulator(call)
    with call.steps(Step("reset-cloud", "Reset the embedded cloud")):
        notes = cloud.reset()
    for note in notes:
        call.steps.note(note)
    return _outcome(cloud)


def _emulator(call: Call, port: int | None = None) -> Emulator:
    from resumectl.cli.wiring import emulator

    environment = call.environment
    return emulator(call.settings, environment if environment.emulator else None, port)


def _outcome(cloud: Emulator) -> Outcome:
    status = asdict(cloud.status())
    return Outcome({**status, "log": str(status["log"]), "services": list(status["services"])})
