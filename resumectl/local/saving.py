"""Saves the state of MiniStack, each service whole or not at all.

MiniStack's own `save_all` skips a service that changes while it is read, and only logs it. Its
handlers change their tables from other threads, so under load that happens: a read is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from resumectl import files

_ATTEMPTS: Final = 1000
"""A thread seldom changes a table twice while it is read; each attempt takes milliseconds."""

States = Mapping[str, Callable[[], Any]]
"""By service: gives its state, or None if there is nothing to save."""


def save(folder: Path, states: States, encode: Callable[[str, Any], str]) -> None:
    """Write the state of each service to a file of its name.

    Raises:
        RuntimeError: a service never stood still.
        OSError: a file cannot be written.
    """
    for service, state in states.items():
        text = _encoded(service, state, encode)
        if text is not None:
            files.replace(folder / f"{service}.json", text)


def encode(service: str, state: Any) -> str:
    """The state as MiniStack reads it."""
    from ministack.core import persistence

    version = persistence._state_format_version(service)  # noqa: SLF001
    document = {"__ministack_format__": version, "payload": state}
    return json.dumps(document, default=persistence._json_default)  # noqa: SLF001


def _encoded(
    service: str, state: Callable[[], Any], encode: Callable[[str, Any], str]
) -> str | None:
    for left in reversed(range(_ATTEMPTS)):
        try:
            current = state()
            return None if current is None else encode(service, current)
        except RuntimeError:  # "dictionary changed size during iteration"
            if not left:
                raise
    return None
