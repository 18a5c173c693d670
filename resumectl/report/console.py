"""Documents on a terminal: which page shows which command, on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import deploy, drift, machine, releases, status
from resumectl.report.screen import Screen

if TYPE_CHECKING:
    from rich.console import Console

    from resumectl.plan import Plan


def checks(screen: Screen, document: Mapping[str, Any]) -> None:
    """Every check of `smoke` or `doctor`."""
    screen.checks(document["checks"])


PAGES: Final[Mapping[str, Callable[[Screen, Mapping[str, Any]], None]]] = {
    "deploy": deploy.deploy,
    "plan": deploy.plan,
    "destroy": deploy.destroy,
    "drift": drift.drift,
    "smoke": checks,
    "doctor": checks,
    "status": status.status,
    "history": releases.history,
    "rollback": releases.rollback,
    "unpin": releases.unpin,
    "unlock": releases.unlock,
    "package": machine.package,
    "local-start": machine.local,
    "local-stop": machine.local,
    "local-status": machine.local,
    "local-reset": machine.local,
}

_NO_LIMIT: Final = 1000  # columns and lines of a pipe, also of one that FORCE_COLOR colours


def show(
    command: str,
    document: Mapping[str, Any],
    *,
    verbose: bool,
    out: Console | None = None,
    now: datetime | None = None,
) -> None:
    """Print the document of a command, on stdout unless told otherwise."""
    screen = Screen(out or _console(sys.stdout), verbose, now or datetime.now(UTC))
    PAGES[command](screen, document)


def show_plan(plan: Plan, *, verbose: bool) -> None:
    """Print a plan on stderr, before the question."""
    screen = Screen(_console(sys.stderr), verbose, datetime.now(UTC))
    screen.changes([change.as_json() for change in plan.changes])


def _console(stream: Any) -> Console:
    from rich.console import Console

    class Output(Console):
        """rich would end the process with exit code 1 when nobody reads its output any more."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    size = None if stream.isatty() else _NO_LIMIT
    return Output(file=stream, width=size, height=size, highlight=False, emoji=False)
