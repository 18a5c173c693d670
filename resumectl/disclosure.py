"""What a person, a log, a JSON document or the project bucket may see of a value. Pure.

A value can be secret unless it is known to be harmless: text counts as secret, unless its path is
on the list of its part. Numbers and booleans are harmless. What is secret becomes a digest: it
tells equal values from different ones, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from typing import Any, Final

from resumectl.plan import REPLACE, UNKNOWN

_SHORTEST: Final = 8
"""The length from which a text is looked for in messages: shorter ones occur in any of them."""


class Digest(str):
    """The digest of a value, in the form that a person sees."""

    __slots__ = ()


def digest(value: object) -> Digest:
    """The same for equal values."""
    text = json.dumps(value, sort_keys=True, default=str)
    return Digest(f"(sensitive {hashlib.sha256(text.encode()).hexdigest()[:8]})")


def shown(value: Any, path: str, harmless: Collection[str]) -> Any:
    """The value with a digest in place of everything that can be secret.

    Args:
        value: any JSON value.
        path: of the value, such as `environment.variables`; lists add nothing to it.
        harmless: the paths whose text is not secret.
    """
    if isinstance(value, dict):
        return {key: shown(item, f"{path}.{key}", harmless) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(item, path, harmless) for item in value]
    if not isinstance(value, str) or isinstance(value, Digest):
        return value
    if path in harmless or value in ("", UNKNOWN, REPLACE):
        return value
    return _document(value, path, harmless) or digest(value)


def _document(text: str, path: str, harmless: Collection[str]) -> str | None:
    """JSON in a text, as policies are, if some of its paths are harmless."""
    if not any(name.startswith(f"{path}.") for name in harmless):
        return None
    try:
        return json.dumps(shown(json.loads(text), path, harmless))
    except ValueError:
        return None


def texts(value: object) -> set[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in texts(item)}
    if isinstance(value, (list, tuple)):
        return {text for item in value for text in texts(item)}
    return {value} if isinstance(value, str) else set()


def secrets(value: Any, path: str, harmless: Collection[str]) -> set[str]:
    """Every text in a value that `shown` replaces by a digest."""
    return texts(value) - texts(shown(value, path, harmless))


def scrubbed(message: str, secret: Iterable[str]) -> str:
    """A message of somebody else, with a digest in place of each of these texts."""
    for text in sorted(secret, key=len, reverse=True):
        if len(text) >= _SHORTEST:
            message = message.replace(text, digest(text))
    return message
