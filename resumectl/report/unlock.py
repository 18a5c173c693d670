"""What `unlock` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.report.screen import Screen


def unlock(screen: Screen, document: Mapping[str, Any]) -> None:
    """The locks that were released."""
    for lock in document["released"]:
        screen.line(f"Released {lock}.")
    if not document["released"]:
        screen.line(f"Environment {document['env']} is not locked.")
