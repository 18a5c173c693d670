"""Terraform's JSON event stream (`-json`): one line of it becomes one event or diagnostic.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

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
    """Progress of one resource."""

    progress: Progress
    address: str
    action: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """An error or a warning.

    Attributes:
        severity: "error" or "warning".
        summary: what failed; several paragraphs if a provider reports several errors.
        detail: why; may be empty or have several paragraphs.
        address: the resource, if it is about one.
        place: where in the configuration, as in "site.tf line 3".
    """

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    place: str = ""

    @property
    def line(self) -> str:
        """The first paragraphs of summary and detail on one line, with resource and place."""
        where = ", ".join(part for part in (self.address, self.place) if part)
        what = " ".join(_first(self.summary).split())
        why = " ".join(_first(self.detail).split())
        headline = f"{what} ({where})" if where else what
        return f"{headline.removesuffix(':')}: {why}" if why else headline

    @property
    def details(self) -> tuple[str, ...]:
        """Everything that `line` leaves out, as lines."""
        return (*_rest(self.summary), *_rest(self.detail))


def parse(line: str) -> Event | Diagnostic | None:
    """The event or diagnostic in a line; None for other messages and for text that is no JSON."""
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


def _diagnostic(body: Mapping[str, Any]) -> Diagnostic:
    source = body.get("range") or {}
    place = f"{source['filename']} line {source['start']['line']}" if source else ""
    return Diagnostic(
        body.get("severity", "error"),
        body.get("summary", ""),
        body.get("detail", ""),
        body.get("address", ""),
        place,
    )


def _first(text: str) -> str:
    return text.strip().partition("\n\n")[0]


def _rest(text: str) -> list[str]:
    lines = text.strip().partition("\n\n")[2].splitlines()
    return [line.rstrip() for line in lines if line.strip()]


class Lines:
    """The complete lines of a file that another process writes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._partial = b""

    def new(self, *, last: bool) -> Iterator[str]:
        """The lines added since the last call; on the `last` one also an incomplete line."""
        while piece := self._file.readline():
            self._partial += piece
            if piece.endswith(b"\n"):
                line, self._partial = self._partial, b""
                yield line.decode(errors="replace")
        if last:
            yield self._partial.decode(errors="replace")
