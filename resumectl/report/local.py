"""What `local start`, `stop`, `status` and `reset` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resumectl.report import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.report.screen import Screen

_STATE: Final = {
    "running": ("is running", "green"),
    "stopped": ("is stopped", ""),
    "crashed": ("has crashed", "red"),
}


def local(screen: Screen, document: Mapping[str, Any]) -> None:
    """How the embedded cloud is, how much it holds, and where its log is."""
    where = f" on {document['endpoint']}, process {document['pid']}" if document["endpoint"] else ""
    screen.line("The embedded cloud ", _STATE[document["state"]], f"{where}.")
    screen.line(f"  data  {words.size(document['data_bytes'])}")
    screen.whole(f"  log   {document['log']}")
