"""What differs between two nested values, one row for each difference. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from resumectl.report import words

_DIGEST: Final = 64
_ABSENT: Final = object()


class Row(NamedTuple):
    """One difference: where, what it was, what it is."""

    where: str
    before: str
    after: str


def rows(values: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    """The differences of a change, given the `values` that a drift document has for it."""
    for name, value in values.items():
        if name == "routing":
            yield from _shares(value["from"] or {}, value["to"] or {})
        elif name == "tags_all":
            yield from _rows("tags", value["from"], value["to"])
        elif name != "tags" or "tags_all" not in values:  # `tags` is a part of `tags_all`
            yield from _rows(words.field(name), value["from"], value["to"])


def _shares(before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[Row]:
    """The traffic of each version beside the one that the alias points at."""
    for version in {**before, **after}:
        yield Row(
            f"traffic to version {version}",
            f"{before.get(version, 0):.0%}",
            f"{after.get(version, 0):.0%}",
        )


def _rows(where: str, before: object, after: object) -> Iterator[Row]:
    before, after = _parsed(before), _parsed(after)
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from _rows(f"{where}.{name}", before.get(name, _ABSENT), after.get(name, _ABSENT))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from _rows(where if len(before) == 1 else f"{where}[{number}]", *pair)
    else:
        yield Row(where, *_apart(before, after))


def _parsed(value: object) -> object:
    """The value of JSON in a string, as policies are."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _apart(before: object, after: object) -> tuple[str, str]:
    """Both as text; digests are cut to 12 digits."""
    if isinstance(before, str) and isinstance(after, str) and len(before) == len(after) == _DIGEST:
        return before[:12], after[:12]
    return _text(before), _text(after)


def _text(value: object) -> str:
    if value is None or value is _ABSENT:
        return "(not set)"
    if isinstance(value, str) and value:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
