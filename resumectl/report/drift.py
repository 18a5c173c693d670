"""The page of `drift`: part by part, what others changed, and from what to what."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import difference, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from resumectl.report.difference import Row
    from resumectl.report.screen import Screen

_KINDS: Final = {
    "changed": "changed",
    "deleted": "deleted",
    "code": "code",
    "settings": "settings",
    "object": "content",
    "headers": "headers",
    "unmanaged": "extra",
}
_INDENT: Final = " " * 12
_ROWS: Final = 5
_LINE: Final = 66
_VALUE: Final = 120


def drift(screen: Screen, document: Mapping[str, Any]) -> None:
    """Each difference: what, how, from, to, since when."""
    changes = document["changes"]
    released = f"release #{document['release']}" if document["release"] else "what was released"
    if document.get("fixed"):
        screen.line(f"Put back {_many(len(changes))}: what is live is {released} again.")
    elif not changes:
        screen.line(f"No drift: what is live is {released}.")
    else:
        screen.out.print(f"[bold]{_many(len(changes))}[/] from {released}:")
        _parts(screen, changes)
        screen.line("resumectl drift --fix puts it back.", style="dim")
    _aside(screen, document)


def _parts(screen: Screen, changes: Iterable[Mapping[str, Any]]) -> None:
    rows = list(changes)
    for part, title in words.PART.items():
        mine = [change for change in rows if change["part"] == part]
        if mine:
            screen.out.print(f"[bold]{title}[/]")
        for change in mine:
            _change(screen, change)


def _change(screen: Screen, change: Mapping[str, Any]) -> None:
    from rich.text import Text

    kind = _KINDS[change["kind"]]
    text = Text("  ", overflow="fold")
    text.append(f"{kind:<10}", "red" if kind in ("deleted", "extra") else "yellow")
    text.append(words.thing(change["part"], change["key"]))
    if change.get("since"):
        text.append(
            f", since {change['since']}"
            if screen.verbose
            else f", {words.age(change['since'])} ago",
            "dim",
        )
    screen.out.print(text)
    values = change["values"] if change["action"] == "update" else {}
    _rows(
        screen, [row for row in difference.rows(values) if screen.verbose or row.where != "content"]
    )


def _rows(screen: Screen, rows: list[Row]) -> None:
    for row in islice(rows, None if screen.verbose else _ROWS):
        before, after = (
            value if screen.verbose else words.short(value, _VALUE)
            for value in (row.before, row.after)
        )
        line = f"{row.where}: {before} -> {after}"
        if len(line) <= _LINE and "\n" not in line:
            screen.line(f"{_INDENT}{line}", style="dim")
        else:
            screen.line(f"{_INDENT}{row.where}:", style="dim")
            screen.folded(before, f"{_INDENT}     ", style="dim")
            screen.folded(after, f"{_INDENT}  -> ", style="dim")
    if len(rows) > _ROWS and not screen.verbose:
        screen.line(f"{_INDENT}… and {len(rows) - _ROWS} more (-v shows all)", style="dim")


def _aside(screen: Screen, document: Mapping[str, Any]) -> None:
    """What is no drift, or is not called so."""
    if document["ignored"]:
        screen.line(f"Ignored, as resumectl.toml says: {len(document['ignored'])}.", style="dim")
    for entry in document["expired_ignores"]:
        screen.line(
            f"No longer ignored since {entry['until']}: {entry['key']} ({entry['reason']}).",
            style="yellow",
        )
    waiting = {part: count for part, count in document["pending"].items() if count}
    if waiting:
        parts = ", ".join(f"{words.PART[part].lower()} {count}" for part, count in waiting.items())
        screen.line(f"Not drift, but not deployed yet: {parts} (resumectl plan).", style="dim")


def _many(count: int) -> str:
    return "1 difference" if count == 1 else f"{count} differences"
