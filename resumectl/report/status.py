"""What `status` prints: one screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import releases, words

if TYPE_CHECKING:
    from resumectl.report.screen import Screen

_SOON: Final = 14  # days
_ADDRESS: Final = {"site": "Address", "counter": "Counter"}


def status(screen: Screen, document: Mapping[str, Any]) -> None:
    """The release, its addresses, each part, and what is unusual."""
    screen.line((document["env"], "bold"))
    _release(screen, document)
    for name, url in document["urls"].items():
        screen.row(_ADDRESS.get(name, name.capitalize()), url)
    if document["urls"]:
        visitors = document["visitors"]
        screen.row("Visitors", "no answer" if visitors is None else f"{visitors:,}")
    if document["certificate_days"] is not None:
        days = document["certificate_days"]
        screen.row(
            "Certificate", (f"{words.many(days, 'day')} left", "red" if days < _SOON else "")
        )
    for part, counts in document["parts"].items():
        screen.row(words.title(part), (words.standing(counts), _colour(counts)))
    for label, note in (("Pin", document["pin"]), ("Lock", document["lock"])):
        if note:
            screen.row(label, (note, "yellow"))
    for note in document["missing"]:
        screen.row("Note", (note, "yellow"))
    if document["drift"]:
        command = f"resumectl drift --env {document['env']}"
        screen.folded("  ", (f"To see what drifted: {command} (--fix reverts it)", "dim"))


def _release(screen: Screen, document: Mapping[str, Any]) -> None:
    release = document["release"]
    if release is None:
        if document["urls"]:
            screen.row("Release", "none")
        return
    age = words.age(release["time"], screen.now)
    screen.row("Release", f"#{release['id']} {words.state(release)}, {age} ago")
    who = f"{release['actor'].get('name')} on {release['actor'].get('host')}"
    revision = releases.revision(release)
    screen.row("By", f"{who}, revision {revision}" if revision else who)
    if release["message"]:
        screen.row("Message", release["message"])
    checks = release["smoke"]
    if checks:
        screen.row("Smoke test", words.ended(checks))


def _colour(counts: Mapping[str, int | None]) -> str:
    if counts["drifted"]:
        return "red"
    return "green" if words.standing(counts) == "in sync" else "yellow"
