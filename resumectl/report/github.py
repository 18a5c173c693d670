"""A command's document on GitHub Actions: a page of the job summary, annotations of failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import Exit
from resumectl.report import words
from resumectl.report.markdown import code, link, table, text

if TYPE_CHECKING:
    Document = Mapping[str, Any]

_ROWS: Final = 50
_CHECKED: Final = {"passed": "✅", "failed": "❌", "unseen": "❔"}
_ANNOTATIONS: Final = 10  # GitHub shows no more of one kind for a step


def write_summary(environ: Mapping[str, str], document: Document) -> bool:
    """Append the summary to the file that GitHub names; returns whether it was written.

    A summary that cannot be written does not fail the command.
    """
    path, page = environ.get("GITHUB_STEP_SUMMARY"), summary(document)
    if not path or not page:
        return False
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{page}\n")
    except OSError:
        return False
    return True


def summary(document: Document, limit: int = _ROWS) -> str:
    """A command's document as Markdown, with at most `limit` rows in each table.

    Empty for a command that succeeded and has no page.
    """
    command = _command(document)
    if command not in _HEADLINES and document["ok"]:
        return ""
    blocks = [
        f"### {_mark(document)} {_headline(command, document)}",
        *_error(document),
        *_facts(document),
    ]
    actions = words.DONE if document["ok"] and document.get("release") else words.TO_DO
    blocks += _changes(document.get("changes") or document.get("drift") or (), actions, limit)
    blocks += _unseen(document.get("unseen") or ())
    blocks += _parts(document.get("parts") or {})
    blocks += _checks(document.get("checks") or (), limit)
    blocks += _timings(document.get("timings") or {}, limit)
    return "\n\n".join(blocks) + "\n"


def annotate(document: Document) -> list[str]:
    """Workflow commands that mark failures and drift on the run's page."""
    title = " ".join(filter(None, ("resumectl", _command(document), document.get("env"))))
    lines = list(_annotated(document, title))
    if len(lines) <= _ANNOTATIONS:
        return lines
    rest = len(lines) - _ANNOTATIONS + 1
    return [*lines[: _ANNOTATIONS - 1], _annotation("error", title, f"... and {rest} more")]


def _annotated(document: Document, title: str) -> Iterator[str]:
    error = document.get("error")
    if error:
        hint = f"\nhint: {error['hint']}" if error.get("hint") else ""
        yield _annotation("error", title, f"{error['message']}{hint}")
    for check in document.get("checks") or ():
        if words.check(check) == "failed":  # the error says why nothing was seen
            yield _annotation("error", f"{title}: {check['name']}", check["detail"])
    if _command(document) == "drift" and document.get("changes") and not document["reverted"]:
        yield _annotation("warning", title, _differences(document))


def _annotation(level: str, title: str, message: str) -> str:
    name = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={name}::{_escaped(message)}"


def _escaped(message: str) -> str:
    return message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _command(document: Document) -> str:
    """`resumectl/deploy/v1` -> `deploy`."""
    return str(document["schema"]).split("/")[1]


def _release(document: Document) -> Document:
    """The release of a document; drift names only its number."""
    release = document.get("release")
    return release if isinstance(release, dict) else {}


def _mark(document: Document) -> str:
    if not document["ok"]:
        return "❌"
    unverified = _release(document).get("status") == "unverified"
    differs = document["exit_code"] == Exit.DIFFERENT or bool(document.get("drift"))
    return "⚠️" if differs or unverified else "✅"


def _headline(command: str, document: Document) -> str:
    place = f" of {text(document['env'])}" if document.get("env") else ""
    page = _HEADLINES.get(command)
    ended = page(document) if page else "failed"
    return f"{command.capitalize()}{place}: {ended}"


def _released(document: Document) -> str:
    release = document.get("release")
    if not release:
        return _planned(document)
    ended = f"release #{release['id']} {words.ending(release)}"
    return ended if document.get("recorded", True) else f"nothing to do, {ended}"


def _planned(document: Document) -> str:
    if not document["ok"]:
        return "failed"
    return words.counts(document.get("changes") or ()) or "nothing to do"


def _drifted(document: Document) -> str:
    return _differences(document) if document["ok"] else "failed"


def _differences(document: Document) -> str:
    changes = document.get("changes")
    if not changes:
        return "no drift"
    differences = words.many(len(changes), "difference")
    if document["reverted"]:
        return f"{differences} reverted"
    return f"{differences} between the release and what is live"


def _smoked(document: Document) -> str:
    checks = document.get("checks") or ()
    if not checks and not document["ok"]:
        return "failed"
    return words.ended(checks)


def _stands(document: Document) -> str:
    if not document["ok"]:
        return "failed"
    release = document.get("release")
    return f"release #{release['id']} {words.ending(release)}" if release else "nothing is released"


_HEADLINES: Final[Mapping[str, Callable[[Document], str]]] = {
    "deploy": _released,
    "rollback": _released,
    "plan": _planned,
    "drift": _drifted,
    "smoke": _smoked,
    "status": _stands,
}


def _error(document: Document) -> Iterator[str]:
    error = document.get("error")
    if error:
        yield f"**{text(error['message'])}**"
        if error.get("hint"):
            yield f"hint: {text(error['hint'])}"


def _facts(document: Document) -> Iterator[str]:
    """The addresses, and who released what."""
    urls = document.get("urls") or {}
    lines = [f"{name.capitalize()}: {link(url)}" for name, url in urls.items()]
    lines += _author(_release(document))
    if lines:
        yield "\n".join(f"- {line}" for line in lines)


def _author(release: Document) -> Iterator[str]:
    git, name = release.get("git") or {}, (release.get("actor") or {}).get("name")
    if release.get("message"):
        yield f"Message: {text(release['message'])}"
    if git.get("revision"):
        dirty = " with local changes" if git.get("dirty") else ""
        yield f"Revision: {code(git['revision'])}{dirty}"
    if name:
        yield f"By: {text(name)}"


def _changes(changes: Sequence[Document], actions: Mapping[str, str], limit: int) -> Iterator[str]:
    for title, group in words.by_part(changes).items():
        yield f"#### {text(title)}: {words.counts(group, actions)}"
        yield _change_table(group, limit)


def _change_table(changes: Sequence[Document], limit: int) -> str:
    kinds = any(change.get("kind") for change in changes)
    head = ["Action", "What", "Differs in", *(["Kind"] if kinds else [])]
    return table(head, (_change_row(change, kinds=kinds) for change in changes), limit)


def _change_row(change: Document, *, kinds: bool) -> list[str]:
    fields = change["fields"] if change["action"] in ("update", "replace") else ()
    row = [change["action"], code(words.thing(change)), text(words.differing(fields))]
    return [*row, text(words.kind(change.get("kind") or ""))] if kinds else row


def _unseen(looks: Sequence[Document]) -> Iterator[str]:
    if looks:
        yield f"Could not look at: {text(words.unseen(looks))}."


def _parts(parts: Mapping[str, Mapping[str, int | None]]) -> Iterator[str]:
    if parts:
        rows = ([text(words.title(part)), words.standing(parts[part])] for part in parts)
        yield table(["Part", "State"], rows, _ROWS)


def _checks(checks: Iterable[Document], limit: int) -> Iterator[str]:
    """The failed ones first, so that no limit hides them."""
    ordered = sorted(checks, key=lambda check: bool(check["ok"]))
    if ordered:
        yield "#### Checks"
        yield table(["", "Check", "Detail", "Time"], map(_check_row, ordered), limit)


def _check_row(check: Document) -> list[str]:
    mark, seconds = _CHECKED[words.check(check)], _seconds(check.get("seconds"))
    return [mark, text(check["name"]), text(check["detail"]), seconds]


def _timings(timings: Mapping[str, float], limit: int) -> Iterator[str]:
    if timings:
        rows = ([code(step), _seconds(seconds)] for step, seconds in timings.items())
        steps = table(["Step", "Time"], rows, limit)
        yield f"<details><summary>Timings</summary>\n\n{steps}\n\n</details>"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f} s"
