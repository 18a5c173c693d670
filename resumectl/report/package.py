"""What `package` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resumectl.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.report.screen import Screen


def package(screen: Screen, document: Mapping[str, Any]) -> None:
    """The zip; with `-v` also what is in it."""
    files = document["files"]
    screen.whole(document["path"])
    screen.line(f"{words.size(document['size'])}, {words.many(len(files), 'file')}")
    screen.whole(f"sha256 {document['sha256']}")
    for name in files if screen.verbose else ():
        screen.whole(f"  {name}")
