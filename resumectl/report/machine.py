"""What `package` and the `local` commands print: the zip, and the embedded cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import words

if TYPE_CHECKING:
    from resumectl.report.screen import Screen

_STATE: Final = {
    "running": ("is running", "green"),
    "stopped": ("is stopped", ""),
    "crashed": ("has crashed", "red"),
}


def package(screen: Screen, document: Mapping[str, Any]) -> None:
    """The zip; with `-v` also what is in it."""
    files = document["files"]
    screen.whole(document["path"])
    screen.line(f"{words.size(document['size'])}, {words.many(len(files), 'file')}")
    screen.whole(f"sha256 {document['sha256']}")
    for name in files if screen.verbose else ():
        screen.whole(f"  {name}")


def local(screen: Screen, document: Mapping[str, Any]) -> None:
    """How the embedded cloud is, how much it holds, and where its log is."""
    where = f" on {document['endpoint']}, process {document['pid']}" if document["endpoint"] else ""
    screen.line("The embedded cloud ", _STATE[document["state"]], f"{where}.")
    screen.line(f"  data  {words.size(document['data_bytes'])}")
    screen.whole(f"  log   {document['log']}")
