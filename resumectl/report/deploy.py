"""What `plan`, `deploy` and `destroy` print: changes to make, and changes made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resumectl.report import words

if TYPE_CHECKING:
    from resumectl.report.screen import Screen


def plan(screen: Screen, document: Mapping[str, Any]) -> None:
    """What deploy would do."""
    if not document["changes"]:
        screen.line("Nothing to deploy: what is live matches the repository.")
    screen.changes(document["changes"])
    for line in document["losses"]:
        screen.folded(("Needs --force: ", "red"), f"{line}.")


def deploy(screen: Screen, document: Mapping[str, Any]) -> None:
    """The release, the checks that failed, the addresses."""
    release = document["release"]
    if not document.get("recorded", True):
        live = f": release #{release['id']} {words.ending(release)}" if release else ""
        screen.line(f"Nothing to deploy{live}.")
    elif release:
        done = words.counts(document["changes"], words.DONE) if document["ok"] else ""
        ended = f"Release #{release['id']} {words.ending(release)}"
        screen.line((f"{ended}:" if done else f"{ended}.", "bold"), f" {done}." if done else "")
    if screen.verbose:
        for step, seconds in document["timings"].items():
            screen.line((f"  {seconds:6.1f} s  {step}", "dim"))
    screen.failed(document["checks"])
    screen.urls(document["urls"])


def destroy(screen: Screen, document: Mapping[str, Any]) -> None:
    """How much was deleted."""
    resources = [change for change in document["changes"] if change.get("kind") != "output"]
    if resources:
        deleted = words.many(len(resources), "resource")
        screen.line(f"Environment {document['env']} is destroyed: {deleted} deleted.")
    else:
        screen.line(f"Environment {document['env']} has nothing to destroy.")
