"""What every command shares: the common options, the one error handler, the choice of renderer.

A command is a function `(call, own options) -> Outcome`. `register` adds the common options and
turns the outcome, or the error, into output and an exit code.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resumectl import files
from resumectl.errors import CloudError, Exit, ResumectlError, TerraformError, of_machine

if TYPE_CHECKING:
    from resumectl.progress import Progress, Steps
    from resumectl.settings import Environment, Settings
    from resumectl.steps.context import Context
    from resumectl.steps.outcome import Outcome

Env = Annotated[
    str | None,
    typer.Option(
        "--env", "-e", metavar="NAME", envvar="RESUMECTL_ENV", help="Use the environment NAME."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Hide progress.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every change and detail.")]
Project = Annotated[
    Path | None,
    typer.Option("--project", "-C", metavar="DIR", help="Run as if started in DIR."),
]


@dataclass(frozen=True)
class Call:
    """One call of a command: the common options, and the objects they select.

    Attributes:
        writes: the command changes things, so its steps stay on the screen when they end.
        names_only: of the settings, it only needs the names of project and environments.
    """

    command: str
    env: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    project: Path = Path()
    writes: bool = False
    names_only: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The project's settings."""
        from resumectl import settings

        return settings.load(self.project.absolute(), names_only=self.names_only)

    @property
    def environment(self) -> Environment:
        """The environment that was chosen."""
        return self.settings.environment(self.env)

    @cached_property
    def steps(self) -> Steps:
        """The steps of this call, reported to its terminal or log."""
        from resumectl.progress import Steps

        return Steps(self._progress())

    def context(self) -> Context:
        """The environment, ready to work on; starts the embedded cloud if it is the target."""
        from resumectl.cli.wiring import context

        return context(self.settings, self.environment, self.steps)

    def context_if_up(self) -> Context | None:
        """The same, but an embedded cloud that is not running is left alone: None."""
        from resumectl.cli.wiring import context_if_up

        return context_if_up(self.settings, self.environment, self.steps)

    def _progress(self) -> Progress:
        from resumectl.progress import Silent

        if self.quiet:
            return Silent()
        if self.json or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            from resumectl.report.progress import PlainProgress

            return PlainProgress()
        from rich.console import Console

        from resumectl.report.progress import LiveProgress

        return LiveProgress(Console(stderr=True, highlight=False), keep=self.writes)


def register(
    app: typer.Typer,
    name: str,
    *,
    group: str | None = None,
    writes: bool = False,
    names_only: bool = False,
    **options: Any,
) -> Callable[[Callable[..., Outcome]], Callable[..., Outcome]]:
    """Make a function a command of `app`, with the common options added to its own.

    Args:
        app: where the command goes.
        name: the word that is typed.
        group: the name of `app` if it is not the root; the full name is `group-name`.
        writes: whether the command changes things.
        names_only: whether it works although other settings are invalid.
        options: as for `typer.Typer.command`.
    """

    def wrap(function: Callable[..., Outcome]) -> Callable[..., Outcome]:
        @functools.wraps(function)
        def run(
            *,
            ctx: typer.Context,
            env: str | None,
            as_json: bool,
            quiet: bool,
            verbose: bool,
            project: Path | None,
            **own: Any,
        ) -> None:
            folder = project or ctx.obj or Path()
            full_name = f"{group}-{name}" if group else name
            call = Call(full_name, env, as_json, quiet, verbose, folder, writes, names_only)
            raise typer.Exit(_run(call, function, own))

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        parameters = [*own, *_common()]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {item.name: item.annotation for item in parameters}
        # click cuts the first sentence to fit the list of commands, but folds a short help.
        options.setdefault("short_help", (function.__doc__ or "").partition("\n")[0])
        app.command(name, **options)(run)
        return function

    return wrap


def _common() -> list[inspect.Parameter]:
    kinds = {
        "env": (Env, None),
        "as_json": (Json, False),
        "quiet": (Quiet, False),
        "verbose": (Verbose, False),
        "project": (Project, None),
    }
    keyword = inspect.Parameter.KEYWORD_ONLY
    context = inspect.Parameter("ctx", keyword, annotation=typer.Context)
    options = [
        inspect.Parameter(key, keyword, annotation=kind, default=default)
        for key, (kind, default) in kinds.items()
    ]
    return [context, *options]


def _run(call: Call, function: Callable[..., Outcome], own: dict[str, Any]) -> int:
    """Run the command, show how it ended, return the exit code.

    Raises:
        OSError: stdout cannot be written, or nobody reads it.
    """
    from resumectl.steps.outcome import Outcome

    outcome = outcome_of(call, function, own)
    try:
        _show(call, outcome)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug of ours in a renderer
        outcome = Outcome(error=_bug(call, error))
        _show(call, outcome)
    return int(outcome.exit_code)


def outcome_of(call: Call, function: Callable[..., Outcome], own: Mapping[str, Any]) -> Outcome:
    """How the command ended, whatever it raised."""
    from resumectl.steps.outcome import Outcome

    try:
        return function(call, **own)
    except ResumectlError as error:
        return Outcome(error=_explained(call, error))
    except KeyboardInterrupt:
        return Outcome(
            error=_Interrupted("Interrupted.", hint="Run the same command again to continue.")
        )
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - the one place where a bug of ours ends up
        return Outcome(error=_unforeseen(call, error))


def _unforeseen(call: Call, error: Exception) -> ResumectlError:
    """Our error for one of AWS or of this machine; anything else is a bug."""
    from resumectl import aws

    if of_aws := aws.translation(error, f"running {call.command}"):
        return _explained(call, of_aws)
    return (isinstance(error, OSError) and of_machine(error)) or _bug(call, error)


def _explained(call: Call, error: ResumectlError) -> ResumectlError:
    """The error, or that the embedded cloud stopped meanwhile, which explains any other error."""
    try:
        if not isinstance(error, (CloudError, TerraformError)) or not call.environment.emulator:
            return error
    except ResumectlError:  # there is no project
        return error
    from resumectl.cli.wiring import emulator

    return emulator(call.settings, call.environment).explain_if_down() or error


class _Interrupted(ResumectlError):
    exit_code = Exit.INTERRUPTED
    code = "interrupted"


class _Bug(ResumectlError):
    exit_code = Exit.BUG
    code = "bug"


def _show(call: Call, outcome: Outcome) -> None:
    document = outcome.document(call.command, _env_name(call))
    if os.environ.get("GITHUB_ACTIONS"):
        from resumectl.report import github

        github.write_summary(os.environ, document)
        with suppress(OSError):
            sys.stderr.writelines(f"{line}\n" for line in github.annotate(document))
    if call.json:
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    elif outcome.body:
        from resumectl.report import console

        console.show(call.command, document, verbose=call.verbose)
    if outcome.error:
        from resumectl.report import errors

        with suppress(OSError):  # nobody reads it; the exit code still tells
            errors.show(outcome.error)


def _env_name(call: Call) -> str | None:
    try:
        return call.environment.name
    except ResumectlError:
        return call.env


def _bug(call: Call, error: Exception) -> ResumectlError:
    from resumectl.cli import crash

    message = f"This is a bug in resumectl: {crash.describe(error)}"
    try:
        file = crash.write(error, _log_folder(call))
    except OSError as unwritable:
        return _Bug(message, hint=f"The traceback could not be written: {unwritable}.")
    return _Bug(message, hint=f"The traceback is in {file}: please report it.")


def _log_folder(call: Call) -> Path:
    import tempfile

    elsewhere = Path(tempfile.gettempdir())
    try:
        folder = files.private_folder(call.settings.state_dir)
    except ResumectlError:  # there is no project
        return elsewhere
    return folder if os.access(folder, os.W_OK) else elsewhere
