"""The pages about releases: status, history, rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resumectl.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resumectl.report.screen import Screen

_LABEL: Final = 16
_SOON: Final = 14
_ADDRESS: Final = {"site": "Address", "counter": "Counter"}


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


def status(screen: Screen, document: Mapping[str, Any]) -> None:
    """One screen."""
    release, days = document["release"], document["certificate_days"]
    screen.out.print(f"[bold]{document['env']}[/]")
    if release:
        _row(
            screen,
            "Release",
            f"#{release['id']} {ending(release)}, {words.age(release['time'])} ago",
        )
        _row(screen, "By", f"{_who(release)}{_at(release)}")
        _row(screen, "Message", release["message"])
        _row(screen, "Tests", _checks(release["smoke"]))
    elif document["urls"]:
        _row(screen, "Release", "none")
    for name, url in document["urls"].items():
        screen.out.print(
            f"  {_ADDRESS.get(name, name):<{_LABEL}}{url}", markup=False, soft_wrap=True
        )
    if document["urls"]:
        _row(
            screen,
            "Visitors",
            "no answer" if document["visitors"] is None else f"{document['visitors']:,}",
        )
    _row(
        screen,
        "Certificate",
        f"{days} days left" if days is not None else "",
        "red" if (days or 99) < _SOON else None,
    )
    for part, counts in document["parts"].items():
        screen.out.print(f"  {words.PART[part]:<{_LABEL}}", _part(counts), sep="")
    _row(screen, "Pin", document["pin"], "yellow")
    _row(screen, "Lock", document["lock"], "yellow")
    for line in document["missing"]:
        _row(screen, "Note", line, "yellow")
    if document["drift"]:
        screen.line(
            "  resumectl drift shows what drifted, resumectl drift --fix puts it back.", style="dim"
        )


def _row(screen: Screen, label: str, text: str | None, style: str | None = None) -> None:
    """A line with a name in front; none when there is nothing to say."""
    if text:
        screen.folded(text, f"  {label:<{_LABEL}}", style)


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
    for name in ("#", "age", "who", "revision", "changes", ""):
        table.add_column(
            name, no_wrap=name != "", justify="right" if name == "#" else "left", overflow="fold"
        )
    for release in document["releases"]:
        colour = "green" if release["live"] else "red" if release["status"] == "failed" else None
        row = (
            str(release["id"]),
            words.age(release["time"]),
            release["actor"].get("name", ""),
            _revision(release),
            _changed(release),
            _state(release, document["pin"]),
        )
        table.add_row(*(Text(cell) for cell in row), style=colour)
    screen.out.print(table)


def rollback(screen: Screen, document: Mapping[str, Any]) -> None:
    """What was, or would be, brought back, and what was not."""
    release, target = document["release"], document["target"]
    if release:
        back = (
            f"back at release #{target}"
            if release["status"] != "failed"
            else f"failed; release #{target} is served"
        )
        screen.out.print(f"[bold]Release #{release['id']}: {back}.[/] The environment is pinned.")
    elif document["changes"]:
        screen.line(f"Going back to release #{target} would do this:")
        screen.changes(document["changes"])
    else:
        screen.line(f"What is live is release #{target} already.")
    failed = [check for check in document["checks"] if not check["ok"]]
    if failed:
        screen.checks(failed)
    revision = (
        f" Its infrastructure is at git revision {document['revision'][:12]}."
        if document["revision"]
        else ""
    )
    screen.line(
        f"Not rolled back: {' and '.join(document['not_rolled_back'])}.{revision}", style="dim"
    )
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


def _who(release: Mapping[str, Any]) -> str:
    return f"{release['actor'].get('name')} on {release['actor'].get('host')}"


def _at(release: Mapping[str, Any]) -> str:
    revision = _revision(release)
    return f", revision {revision}" if revision else ""


def _revision(release: Mapping[str, Any]) -> str:
    """The git revision; with a plus when files differed from it."""
    git = release["git"]
    return f"{git['revision'][:9]}{'+' if git['dirty'] else ''}" if git else ""


def _changed(release: Mapping[str, Any]) -> str:
    counts = {part: sum(release["changes"].get(part, {}).values()) for part in words.PART}
    return ", ".join(f"{part} {count}" for part, count in counts.items() if count) or "-"


def _checks(checks: Sequence[Mapping[str, Any]]) -> str:
    return f"{sum(check['ok'] for check in checks)} of {len(checks)} passed" if checks else ""


def _state(release: Mapping[str, Any], pin: int | None) -> str:
    """`live, pinned: what its author said`."""
    back = _brought_back(release)
    marks = ["live"] if release["live"] else []
    marks += ["pinned"] if release["live"] and pin else []
    marks += [back] if back else []
    marks += [_ended(release)] if release["status"] != "verified" else []
    message = release["message"] if release["message"] not in (back, "drift --fix") else ""
    return ": ".join(said for said in (", ".join(marks), message) if said)


def _brought_back(release: Mapping[str, Any]) -> str:
    if release["rollback_of"]:
        return f"rollback to {release['rollback_of']}"
    return f"drift --fix, {release['repair_of']} again" if release["repair_of"] else ""


def _ended(release: Mapping[str, Any]) -> str:
    if release["status"] != "failed":
        return "untested" if release["status"] == "unverified" else "destroyed"
    served = release.get("taken_back_to")
    return f"failed at {release['failed_step']}{f', #{served} served again' if served else ''}"
