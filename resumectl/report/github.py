"""A command's document on GitHub Actions: a page of the job summary, and annotations for what failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import Exit
from resumectl.report import words
from resumectl.report.markdown import code, link, table, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Document = Mapping[str, Any]

_ROWS: Final = 50
_ANNOTATIONS: Final = 10  # GitHub shows no more of one kind for a step
_STATUS: Final = {"verified": "is live", "unverified": "is live, not tested", "failed": "failed"}


def write_summary(environ: Mapping[str, str], document: Document) -> bool:
    """Append the summary to the file that GitHub names; a summary that cannot be written fails nothing.

    Returns:
        Whether anything was written.
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
    """The document as Markdown; empty for a command that has nothing to say there.

    Args:
        document: the JSON document of a command.
        limit: the most rows of any table.
    """
    command = _command(document)
    if command not in _HEADLINES and document["ok"]:
        return ""
    blocks = [
        f"### {_mark(document)} {_headline(command, document)}",
        *_error(document),
        *_facts(document),
    ]
    happened = document["ok"] and document.get("release")
    said = words.DONE if happened else words.TO_DO
    blocks += _changes(document.get("changes") or _listed(document.get("drift")), said, limit)
    blocks += _parts(document.get("parts"))
    blocks += _checks(document.get("checks") or (), limit)
    blocks += _timings(document.get("timings") or {}, limit)
    return "\n\n".join(blocks) + "\n"


def annotate(document: Document) -> list[str]:
    """Workflow commands that mark what failed, or what was found to differ, on the run's page."""
    title = " ".join(filter(None, ("resumectl", _command(document), document.get("env"))))
    found = list(_annotated(document, title))
    if len(found) <= _ANNOTATIONS:
        return found
    rest = len(found) - _ANNOTATIONS + 1
    return [*found[: _ANNOTATIONS - 1], _annotation("error", title, f"... and {rest} more")]


def _annotated(document: Document, title: str) -> Iterator[str]:
    error = document.get("error")
    if error:
        hint = f"\nhint: {error['hint']}" if error.get("hint") else ""
        yield _annotation("error", title, f"{error['message']}{hint}")
    for check in document.get("checks") or ():
        if not check["ok"]:
            yield _annotation("error", f"{title}: {check['name']}", check["detail"])
    if _command(document) == "drift" and document.get("changes"):
        yield _annotation("warning", title, _differences(document["changes"]))


def _annotation(level: str, title: str, message: str) -> str:
    data = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    name = (
        title.replace("%", "%25")
        .replace("\r", "%0D")
        .replace("\n", "%0A")
        .replace(":", "%3A")
        .replace(",", "%2C")
    )
    return f"::{level} title={name}::{data}"


def _command(document: Document) -> str:
    """`resumectl/deploy/v1` -> `deploy`."""
    return str(document["schema"]).split("/")[1]


def _mark(document: Document) -> str:
    if not document["ok"]:
        return "❌"
    untested = (document.get("release") or {}).get("status") == "unverified"
    differs = document["exit_code"] == Exit.DIFFERENT or bool(document.get("drift"))
    return "⚠️" if differs or untested else "✅"


def _headline(command: str, document: Document) -> str:
    place = f" of {text(document['env'])}" if document.get("env") else ""
    said = _HEADLINES.get(command, _failed)(document)
    return f"{command.capitalize()}{place}: {said}"


def _failed(_document: Document) -> str:
    return "failed"


def _released(document: Document) -> str:
    release, changes = document.get("release"), document.get("changes")
    if not release:
        return "done" if document["ok"] else "failed"
    live = f"release #{release['id']} {_STATUS.get(release.get('status', ''), 'is live')}"
    return live if changes or not document["ok"] else f"nothing to do, {live}"


def _planned(document: Document) -> str:
    return (
        (words.counts(document.get("changes") or ()) or "nothing to do")
        if document["ok"]
        else "failed"
    )


def _drifted(document: Document) -> str:
    return _differences(document.get("changes") or ()) if document["ok"] else "failed"


def _differences(changes: Sequence[Document]) -> str:
    if not changes:
        return "no drift"
    return (
        f"{len(changes)} difference{'s' * (len(changes) != 1)} between the release and what is live"
    )


def _smoked(document: Document) -> str:
    checks = document.get("checks") or ()
    failed = sum(not check["ok"] for check in checks)
    if not checks:
        return "failed" if not document["ok"] else "no checks"
    return (
        f"{failed} of {len(checks)} checks failed" if failed else f"all {len(checks)} checks passed"
    )


def _stands(document: Document) -> str:
    if not document["ok"]:
        return "failed"
    release = document.get("release")
    return f"release #{release['id']}" if release else "nothing is released"


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
    release = document.get("release") or {}
    git = release.get("git") or {}
    lines = [
        f"{name.capitalize()}: {link(url)}" for name, url in (document.get("urls") or {}).items()
    ]
    if release.get("message"):
        lines.append(f"Message: {text(release['message'])}")
    if git.get("revision"):
        lines.append(
            f"Revision: {code(git['revision'])}{' with local changes' if git.get('dirty') else ''}"
        )
    if name := (release.get("actor") or {}).get("name"):
        lines.append(f"By: {text(name)}")
    if lines:
        yield "\n".join(f"- {line}" for line in lines)


def _changes(changes: Sequence[Document], said: Mapping[str, str], limit: int) -> Iterator[str]:
    for part, title in words.PART.items():
        mine = [change for change in changes if change["part"] == part]
        if mine:
            yield f"#### {title}: {words.counts(mine, said)}"
            yield _change_table(mine, limit)


def _change_table(changes: Sequence[Document], limit: int) -> str:
    kinds = any(change.get("kind") for change in changes)
    rows = (
        [
            change["action"],
            code(words.thing(change["part"], change["key"])),
            text(words.differing(change["fields"]))
            if change["action"] in ("update", "replace")
            else "",
            *([text(change.get("kind") or "")] if kinds else []),
        ]
        for change in changes
    )
    return table(["Action", "What", "Differs in", *(["Kind"] if kinds else [])], rows, limit)


def _listed(drift: object) -> Sequence[Document]:
    return drift if isinstance(drift, list) else ()


def _parts(parts: object) -> Iterator[str]:
    if isinstance(parts, dict) and parts:
        rows = (
            [words.PART.get(name, text(name)), text(_said(state))] for name, state in parts.items()
        )
        yield table(["Part", "State"], rows, _ROWS)


def _said(state: object) -> str:
    """`{"create": 1}` -> `1 create`; anything else as it is."""
    if isinstance(state, dict):
        return ", ".join(f"{name} {value}" for name, value in state.items()) or "as released"
    return str(state)


def _checks(checks: Iterable[Document], limit: int) -> Iterator[str]:
    """Failed ones first, so that no limit hides them."""
    rows = [
        [
            "✅" if check["ok"] else "❌",
            text(check["name"]),
            text(check["detail"]),
            _seconds(check.get("seconds")),
        ]
        for check in sorted(checks, key=lambda check: bool(check["ok"]))
    ]
    if rows:
        yield "#### Checks"
        yield table(["", "Check", "Detail", "Time"], rows, limit)


def _timings(timings: Mapping[str, float], limit: int) -> Iterator[str]:
    if timings:
        rows = ([text(step), _seconds(seconds)] for step, seconds in timings.items())
        yield f"<details><summary>Timings</summary>\n\n{table(['Step', 'Time'], rows, limit)}\n\n</details>"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f} s"
