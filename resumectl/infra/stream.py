"""Terraform's JSON event stream (`-json`): one line of it -> one event that a person can read. Pure.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Progress = Literal["refreshed", "planned", "started", "done", "failed"]

_PROGRESS: Mapping[str, Progress] = {
    "refresh_complete": "refreshed",
    "planned_change": "planned",
    "apply_start": "started",
    "apply_complete": "done",
    "apply_errored": "failed",
}


@dataclass(frozen=True)
class Event:
    """Something happened to one resource."""

    progress: Progress
    address: str
    action: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """Terraform said that something is wrong."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""

    @property
    def line(self) -> str:
        """Summary, resource and the first paragraph of the detail on one line."""
        where = f" ({self.address})" if self.address else ""
        what = " ".join(self.summary.split("\n\n", 1)[0].split())
        why = " ".join(self.detail.split("\n\n", 1)[0].split())
        return f"{what}{where}: {why}" if why else f"{what}{where}"


def parse(line: str) -> Event | Diagnostic | None:
    """Read one line of the stream; None for what tells nothing (versions, summaries, text that is not JSON)."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    if message.get("type") == "diagnostic":
        return _diagnostic(message["diagnostic"])
    progress = _PROGRESS.get(str(message.get("type")))
    if progress is None:
        return None
    body = message.get("hook") or message.get("change") or {}
    return Event(progress, body.get("resource", {}).get("addr", ""), body.get("action", ""))


def _diagnostic(found: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(
        found.get("severity", "error"),
        found.get("summary", ""),
        found.get("detail", ""),
        found.get("address", ""),
    )
