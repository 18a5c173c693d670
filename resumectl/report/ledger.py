"""The pages about releases: status, drift, history, rollback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.report.screen import Screen

_KINDS: Final = {
    "changed": "changed",
    "deleted": "deleted",
    "code": "other code",
    "settings": "other settings",
    "object": "other content",
    "headers": "other headers",
    "unmanaged": "put there by nobody we know",
}
_VALUE: Final = 48
_DIGEST: Final = 64


def ending(release: Mapping[str, Any]) -> str:
    """How a release ended, after `Release #7 ...`."""
    if release["status"] == "failed" and release.get("taken_back_to"):
        return f"failed; release #{release['taken_back_to']} is served again"
    return {
        "verified": "is live",
        "unverified": "is live, untested",
        "failed": "failed",
        "destroyed": "deleted the environment",
    }[release["status"]]


def drift(screen: Screen, document: Mapping[str, Any]) -> None:
    """Each difference: what, how, from, to, since when."""
    changes = document["changes"]
    released = f"release #{document['release']}" if document["release"] else "what was released"
    if document.get("fixed"):
        screen.line(f"Put back {_many(len(changes))}: what is live is {released} again.")
    elif not changes:
        screen.line(f"No drift: what is live is {released}.")
    else:
        screen.out.print(f"[bold]{_many(len(changes))}[/] since {released}:")
        for change in changes:
            _drifted(screen, change)
    if document["ignored"]:
        screen.line(f"Ignored, as resumectl.toml says: {len(document['ignored'])}.", style="dim")
    for entry in document["expired_ignores"]:
        screen.line(f"No longer ignored since {entry['until']}: {entry['key']} ({entry['reason']}).", style="yellow")
    waiting = {part: count for part, count in document["pending"].items() if count}
    if waiting:
        parts = ", ".join(f"{words.PART[part].lower()} {count}" for part, count in waiting.items())
        screen.line(f"Not drift, but not deployed yet: {parts} (resumectl plan).", style="dim")


def _drifted(screen: Screen, change: Mapping[str, Any]) -> None:
    from rich.text import Text

    text = Text("  ", overflow="fold")
    text.append(f"{_KINDS[change['kind']]}: ", "yellow" if change["kind"] != "deleted" else "red")
    text.append(words.thing(change["part"], change["key"]))
    if change.get("since"):
        text.append(f"  since {change['since']}", "dim")
    screen.out.print(text)
    values = dict(change["values"]) if change["action"] == "update" else {}
    if "tags" in values:
        values.pop("tags_all", None)  # says the same again
    for name, value in values.items():
        before, after = _apart(value["from"], value["to"])
        screen.line(f"      {words.differing([name])}: {_short(before)} -> {_short(after)}", style="dim")


def _apart(before: object, after: object) -> tuple[object, object]:
    """Of two mappings, only the entries that differ; of two digests, enough to tell them apart."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return tuple({name: side[name] for name in names if name in side} for side in (before, after))  # type: ignore[return-value]
    if isinstance(before, str) and isinstance(after, str) and len(before) == len(after) == _DIGEST:
        return before[:12], after[:12]
    return before, after


def _many(count: int) -> str:
    return "1 difference" if count == 1 else f"{count} differences"


def _short(value: object) -> str:
    """A value on one line; None is what was not set."""
    text = "(not set)" if value is None else str(value)
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}…"


def status(screen: Screen, document: Mapping[str, Any]) -> None:
    """One screen."""
    release = document["release"]
    rows = {
        "Release": f"#{release['id']} {ending(release)}, {_age(release['time'])} ago" if release else "none",
        "By": f"{_who(release)}{_message(release)}" if release else None,
        "Revision": _revision(release) if release else None,
        "Pin": document["pin"],
        "Lock": document["lock"],
        "Visitors": document["visitors"],
        "Certificate": f"{document['certificate_days']} days left" if document["certificate_days"] else None,
        "Checks": _checks(document["checks"]) if document["checks"] else None,
    }
    screen.out.print(f"[bold]{document['env']}[/]")
    for name, value in rows.items():
        if value is not None:
            screen.out.print(f"  {name:<12}{value}", markup=False)
    for name, url in document["urls"].items():
        screen.out.print(f"  {name.capitalize():<12}{url}", markup=False, soft_wrap=True)
    for part, counts in document["parts"].items():
        screen.out.print(f"  {words.PART[part]:<16}", _part(counts), sep="")
    for line in document["missing"]:
        screen.line(f"  {line}", style="yellow")


def _part(counts: Mapping[str, int | None]) -> str:
    waiting, drifted = counts["to_deploy"], counts["drifted"]
    said = [f"[yellow]{waiting} to deploy[/]"] if waiting else []
    said += [f"[red]{drifted} drifted[/]"] if drifted else []
    unknown = ["drift not known"] if drifted is None else []
    return ", ".join(said + unknown) or "[green]in sync[/]"


def history(screen: Screen, document: Mapping[str, Any]) -> None:
    """The releases as a table."""
    from rich.table import Table
    from rich.text import Text

    if not document["releases"]:
        screen.line("Nothing was released yet.")
        return
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    for name in ("#", "age", "who", "revision", "changes", "tests", ""):
        table.add_column(name, no_wrap=name != "", justify="right" if name == "#" else "left", overflow="ellipsis")
    for release in document["releases"]:
        colour = "green" if release["live"] else "red" if release["status"] == "failed" else None
        row = (
            str(release["id"]),
            _age(release["time"]),
            release["actor"].get("name", ""),
            _revision(release) or "",
            _changed(release),
            _checks(release["smoke"]),
            _state(release, document["pin"]),
        )
        table.add_row(*(Text(cell) for cell in row), style=colour)
    screen.out.print(table)


def rollback(screen: Screen, document: Mapping[str, Any]) -> None:
    """What was, or would be, brought back, and what was not."""
    release, target = document["release"], document["target"]
    if release:
        screen.out.print(f"[bold]Release #{release['id']}: back at release #{target}.[/] The environment is pinned.")
    elif document["changes"]:
        screen.line(f"Going back to release #{target} would do this:")
        screen.changes(document["changes"])
    else:
        screen.line(f"What is live is release #{target} already.")
    failed = [check for check in document["checks"] if not check["ok"]]
    if failed:
        screen.checks(failed)
    revision = f" Its infrastructure is at git revision {document['revision'][:12]}." if document["revision"] else ""
    screen.line(f"Not rolled back: {' and '.join(document['not_rolled_back'])}.{revision}", style="dim")
    screen.urls(document["urls"] if release else {})


def unpin(screen: Screen, document: Mapping[str, Any]) -> None:
    """Whether there was a pin."""
    was = f"Unpinned from release #{document['release']}: deploys go through again."
    screen.line(was if document["unpinned"] else "It was not pinned.")


def unlock(screen: Screen, document: Mapping[str, Any]) -> None:
    """What was released."""
    for found in document["released"]:
        screen.line(f"Released {found}.")
    if not document["released"]:
        screen.line("There is no lock.")


def _age(time: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _who(release: Mapping[str, Any]) -> str:
    return f"{release['actor'].get('name')} on {release['actor'].get('host')}"


def _message(release: Mapping[str, Any]) -> str:
    return f": {release['message']}" if release["message"] else ""


def _revision(release: Mapping[str, Any]) -> str | None:
    git = release["git"]
    return f"{git['revision'][:9]}{' +' if git['dirty'] else ''}" if git else None


def _changed(release: Mapping[str, Any]) -> str:
    counts = {part: sum(actions.values()) for part, actions in release["changes"].items()}
    return " ".join(f"{part} {count}" for part, count in counts.items() if count) or "-"


def _checks(checks: list[Mapping[str, Any]]) -> str:
    return f"{sum(check['ok'] for check in checks)} of {len(checks)}" if checks else "-"


def _state(release: Mapping[str, Any], pin: int | None) -> str:
    if release["rollback_of"]:
        said = f"rollback to {release['rollback_of']}"
    else:
        said = {"failed": f"failed: {release['failed_step']}", "destroyed": "destroyed"}.get(release["status"], "")
    marks = [said] if said else []
    marks += ["live"] if release["live"] else []
    marks += ["pinned"] if release["live"] and pin else []
    return ", ".join(marks)
