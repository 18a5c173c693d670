"""What `drift` prints: part by part, what others changed, and from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import difference, words

if TYPE_CHECKING:
    from resumectl.report.difference import Row
    from resumectl.report.screen import Screen

_INDENT: Final = " " * 12
_ROWS: Final = 5
_LINE: Final = 66
_VALUE: Final = 120
_NAMED: Final = 3


def drift(screen: Screen, document: Mapping[str, Any]) -> None:
    """Each difference: its kind, the thing, since when, from what, to what."""
    changes, release = document["changes"], document["release"]
    released = f"release #{release}" if release else "what was released"
    differences = words.many(len(changes), "difference")
    if document["reverted"]:
        screen.line(f"Reverted {differences}: what is live matches {released}.")
    elif not changes and document["unseen"]:
        screen.line(f"No difference from {released} in what could be read.")
    elif not changes:
        screen.line(f"No drift: what is live matches {released}.")
    else:
        screen.line((differences, "bold"), f" between what is live and {released}:")
        for title, group in words.by_part(changes).items():
            screen.line((title, "bold"))
            for change in group:
                _change(screen, change)
        for line in document["lost"]:
            screen.folded(("Lost: ", "red"), f"{line}.")
        if "error" not in document:  # that of --fix says more
            screen.folded("", (_next(document), "dim"))
    _aside(screen, document)


def _next(document: Mapping[str, Any]) -> str:
    env = document["env"]
    if document["lost"]:
        return f"To make it again: resumectl deploy --env {env}"
    return f"To revert: resumectl drift --fix --env {env}"


def _change(screen: Screen, change: Mapping[str, Any]) -> None:
    kind = words.kind(change["kind"])
    colour = "red" if kind in ("deleted", "unmanaged") else "yellow"
    screen.folded((f"  {kind:<10}", colour), words.thing(change), (_since(screen, change), "dim"))
    values = change["values"] if change["action"] == "update" else {}
    rows = [row for row in difference.rows(values) if screen.verbose or row.where != "content"]
    for row in rows if screen.verbose else rows[:_ROWS]:
        _row(screen, row)
    if len(rows) > _ROWS and not screen.verbose:
        screen.line((f"{_INDENT}… and {len(rows) - _ROWS} more (-v shows all)", "dim"))


def _since(screen: Screen, change: Mapping[str, Any]) -> str:
    since = change["since"]
    if not since:
        return ""
    return f", since {since}" if screen.verbose else f", {words.age(since, screen.now)} ago"


def _row(screen: Screen, row: Row) -> None:
    before, after = row.before, row.after
    if not screen.verbose:
        before, after = words.short(before, _VALUE), words.short(after, _VALUE)
    line = f"{row.where}: {before} -> {after}"
    if len(line) <= min(_LINE, screen.out.width - len(_INDENT)) and "\n" not in line:
        screen.line((f"{_INDENT}{line}", "dim"))
    else:
        screen.folded(_INDENT, (f"{row.where}:", "dim"))
        screen.folded(f"{_INDENT}     ", (before, "dim"))
        screen.folded((f"{_INDENT}  -> ", "dim"), (after, "dim"))


def _aside(screen: Screen, document: Mapping[str, Any]) -> None:
    """What was not compared, and what is not drift."""
    for part, why in document["unchecked"].items():
        screen.line((f"{words.title(part)} was not compared: {why}", "yellow"))
    if document["unseen"] and document["changes"]:  # without a change, it is the error
        screen.line((f"Could not look at: {words.unseen(document['unseen'])}.", "yellow"))
    ignored = [words.thing(change) for change in document["ignored"]]
    if ignored:
        count, names = words.many(len(ignored), "difference"), ignored
        if not screen.verbose and len(ignored) > _NAMED:
            names = [*ignored[:_NAMED], f"{len(ignored) - _NAMED} more (-v shows all)"]
        screen.folded("", (f"{count} ignored by resumectl.toml: {', '.join(names)}.", "dim"))
    for entry in document["expired_ignores"]:
        ignore = f"The ignore of {entry['key']} ({entry['reason']})"
        screen.line((f"{ignore} expired on {entry['until']}.", "yellow"))
    pending = [
        f"{words.title(part).lower()} {count}"
        for part, count in document["pending"].items()
        if count
    ]
    if pending:
        command = f"resumectl plan --env {document['env']}"
        screen.line((f"Not drift, but not deployed yet: {', '.join(pending)} ({command}).", "dim"))
