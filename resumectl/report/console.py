"""Documents on a terminal: what each command has to say, at most 80 columns wide, on stdout."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rich.console import Console

    from resumectl.plan import Plan

_SHOWN: Final = 8
_COLOUR: Final = {"create": "green", "update": "yellow", "delete": "red", "replace": "red"}


@dataclass(frozen=True)
class Screen:
    """Where to print, and how much."""

    out: Console
    verbose: bool


def show(command: str, document: Mapping[str, Any], *, verbose: bool) -> None:
    """Print the document of a command."""
    _RENDERERS[command](Screen(_console(), verbose), document)


def show_plan(plan: Plan, *, verbose: bool) -> None:
    """Print a plan on stderr, before the question."""
    _changes(Screen(_console(stderr=True), verbose), [change.as_json() for change in plan.changes])


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, soft_wrap=not stream.isatty(), emoji=False, markup=True)


def _deploy(screen: Screen, document: Mapping[str, Any]) -> None:
    release = document.get("release")
    if document["ok"] and not document["changes"] and not document.get("recorded"):
        screen.out.print(f"Nothing to deploy: release #{release['id']} is live." if release else "Nothing to deploy.")
    elif release:
        said = {"verified": "is live", "unverified": "is live, not tested", "failed": "failed"}[release["status"]]
        screen.out.print(f"[bold]Release #{release['id']} {said}.[/] {words.counts(document['changes'])}")
    _failed_checks(screen.out, document.get("checks", ()))
    _urls(screen.out, document.get("urls", {}))


def _plan(screen: Screen, document: Mapping[str, Any]) -> None:
    if not document["changes"]:
        screen.out.print("Nothing to do: what is live is what the repository says.")
    _changes(screen, document["changes"])


def _smoke(screen: Screen, document: Mapping[str, Any]) -> None:
    _checks(screen.out, document.get("checks", ()))


def _checks(out: Console, checks: Iterable[Mapping[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True, max_width=26, overflow="ellipsis")
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True, style="dim")
    for check in checks:
        mark = "[green]✓[/]" if check["ok"] else "[red]✗[/]"
        seconds = f"{check['seconds']:.2f} s" if "seconds" in check else ""
        table.add_row(mark, _plain(check["name"]), _plain(check["detail"]), seconds)
    out.print(table)


def _package(screen: Screen, document: Mapping[str, Any]) -> None:
    files = document["files"]
    screen.out.print(f"{_plain(document['path'])}  {words.size(document['size'])}, {len(files)} files")
    screen.out.print(f"sha256 {document['sha256']}")
    for name in files if screen.verbose else ():
        screen.out.print(f"  {_plain(name)}")


def _destroy(screen: Screen, document: Mapping[str, Any]) -> None:
    done = f"Environment {document['env']} is deleted." if document["changes"] else "There is nothing to delete."
    screen.out.print(done)


def _doctor(screen: Screen, document: Mapping[str, Any]) -> None:
    _checks(screen.out, document["checks"])


def _local(screen: Screen, document: Mapping[str, Any]) -> None:
    state = {"running": "[green]running[/]", "stopped": "stopped", "crashed": "[red]crashed[/]"}[document["state"]]
    where = f" on {document['endpoint']}, process {document['pid']}" if document["endpoint"] else ""
    screen.out.print(f"The embedded cloud is {state}{where}.")
    screen.out.print(f"  data  {words.size(document['data_bytes'])}")
    screen.out.print(f"  log   {_plain(document['log'])}", soft_wrap=True)


def _changes(screen: Screen, changes: Iterable[Mapping[str, Any]]) -> None:
    rows = list(changes)
    for part, title in words.PART.items():
        mine = [change for change in rows if change["part"] == part]
        if not mine:
            continue
        screen.out.print(f"[bold]{title}[/]  {words.counts(mine)}")
        for change in mine if screen.verbose else mine[:_SHOWN]:
            _change(screen.out, change)
        if len(mine) > _SHOWN and not screen.verbose:
            screen.out.print(f"    … and {len(mine) - _SHOWN} more (-v shows all)", style="dim")


def _change(out: Console, change: Mapping[str, Any]) -> None:
    from rich.text import Text

    action = change["action"]
    line = Text.assemble(
        (f"  {words.SIGN[action]} ", _COLOUR[action]), words.thing(change["part"], change["key"]), overflow="fold"
    )
    if action in ("update", "replace") and change["fields"]:
        line.append(f"  {words.differing(change['fields'])}", style="dim")
    out.print(line)


def _failed_checks(out: Console, checks: Iterable[Mapping[str, Any]]) -> None:
    failed = [check for check in checks if not check["ok"]]
    if failed:
        _checks(out, failed)


def _urls(out: Console, urls: Mapping[str, str]) -> None:
    for name, url in urls.items():
        out.print(f"  {name.capitalize():<8} {url}", soft_wrap=True, markup=False)


def _plain(text: object) -> str:
    from rich.markup import escape

    return escape(str(text))


_RENDERERS: Final[Mapping[str, Callable[[Screen, Mapping[str, Any]], None]]] = {
    "deploy": _deploy,
    "plan": _plan,
    "smoke": _smoke,
    "package": _package,
    "destroy": _destroy,
    "doctor": _doctor,
    "local-start": _local,
    "local-stop": _local,
    "local-status": _local,
    "local-reset": _local,
}
