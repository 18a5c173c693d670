"""Documents on a terminal: what each command has to say, on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import drift, ledger, words
from resumectl.report.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resumectl.plan import Plan


def show(command: str, document: Mapping[str, Any], *, verbose: bool) -> None:
    """Print the document of a command."""
    _RENDERERS[command](_screen(verbose=verbose), document)


def show_plan(plan: Plan, *, verbose: bool) -> None:
    """Print a plan on stderr, before the question."""
    _screen(verbose=verbose, stderr=True).changes([change.as_json() for change in plan.changes])


def _screen(*, verbose: bool, stderr: bool = False) -> Screen:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Screen(
        Console(file=stream, highlight=False, soft_wrap=not stream.isatty(), emoji=False), verbose
    )


def _deploy(screen: Screen, document: Mapping[str, Any]) -> None:
    release, changes = document["release"], document["changes"]
    if release and not changes and "Record the release" not in document["timings"]:
        screen.out.print(f"Nothing to deploy: release [bold]#{release['id']}[/] is live.")
    elif release:
        took = f"{sum(document['timings'].values()):.0f} s" if screen.verbose else ""
        done = words.counts(changes, words.DONE) if document["ok"] else ""
        said = ", ".join(filter(None, (done, took)))
        screen.out.print(
            f"[bold]Release #{release['id']} {ledger.ending(release)}.[/] {said}".rstrip()
        )
    failed = [check for check in document["checks"] if not check["ok"]]
    if failed:
        screen.checks(failed)
    screen.urls(document["urls"])


def _plan(screen: Screen, document: Mapping[str, Any]) -> None:
    if not document["changes"]:
        screen.line("Nothing to do: what is live is what the repository says.")
    screen.changes(document["changes"])


def _smoke(screen: Screen, document: Mapping[str, Any]) -> None:
    screen.checks(document["checks"])


def _package(screen: Screen, document: Mapping[str, Any]) -> None:
    files = document["files"]
    many = "1 file" if len(files) == 1 else f"{len(files)} files"
    screen.out.print(
        f"{document['path']}  {words.size(document['size'])}, {many}", markup=False, soft_wrap=True
    )
    screen.line(f"sha256 {document['sha256']}")
    for name in files if screen.verbose else ():
        screen.line(f"  {name}")


def _destroy(screen: Screen, document: Mapping[str, Any]) -> None:
    deleted = f"Environment {document['env']} is deleted: {len(document['changes'])} resources."
    screen.line(deleted if document["changes"] else "There is nothing to delete.")


def _local(screen: Screen, document: Mapping[str, Any]) -> None:
    colour = {"running": "green", "stopped": "default", "crashed": "red"}[document["state"]]
    where = f" on {document['endpoint']}, process {document['pid']}" if document["endpoint"] else ""
    screen.out.print(f"The embedded cloud is [{colour}]{document['state']}[/]{where}.")
    screen.line(f"  data  {words.size(document['data_bytes'])}")
    screen.out.print(f"  log   {document['log']}", soft_wrap=True, markup=False)


_RENDERERS: Final[Mapping[str, Callable[[Screen, Mapping[str, Any]], None]]] = {
    "deploy": _deploy,
    "plan": _plan,
    "drift": drift.drift,
    "smoke": _smoke,
    "status": ledger.status,
    "history": ledger.history,
    "rollback": ledger.rollback,
    "unpin": ledger.unpin,
    "unlock": ledger.unlock,
    "package": _package,
    "destroy": _destroy,
    "doctor": _smoke,
    "local-start": _local,
    "local-stop": _local,
    "local-status": _local,
    "local-reset": _local,
}
