"""A TOML table read with care: every mistake is told with the file, the line and the key."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from resumectl.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]+\s*(#.*)?$")
_NAMES: Final[Mapping[type, str]] = {
    str: "text in quotes",
    bool: "true or false",
    int: "a number",
    dict: "a table",
    list: "a list",
    date: "a date such as 2027-01-31",
}
_NOT: Final[Mapping[type, type]] = {int: bool, date: datetime}
"""What Python takes for one of a kind, and a person does not."""


@dataclass(frozen=True)
class Pattern:
    """What a text must look like, and how to say that."""

    regex: re.Pattern[str]
    said: str


@dataclass(frozen=True)
class Table:
    """One table of a file.

    Attributes:
        file: the file's name, for errors.
        name: the table's full name, `env.prod`; empty for the whole document.
        values: what is in it.
        lines: where each table and key begins, by full name.
    """

    file: str
    name: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def only(self, *known: str) -> Table:
        """The same table, which holds no other keys than these."""
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                meant = (
                    f"did you mean {near[0]!r}"
                    if near
                    else f"known here: {', '.join(sorted(known))}"
                )
                self.fail(key, f"is not a setting of resumectl; {meant}")
        return self

    def table(self, key: str) -> Table:
        """A table inside; empty when it is missing."""
        return Table(self.file, self._named(key), self.typed(key, dict, {}), self.lines)

    def tables(self, key: str) -> list[Table]:
        """A list of tables inside; empty when it is missing."""
        found = self.typed(key, list, [])
        if not all(isinstance(item, dict) for item in found):
            self.fail(key, "must be a list of tables")
        named = self._named(key)
        return [
            Table(self.file, f"{named}[{number}]", item, self.lines)
            for number, item in enumerate(found)
        ]

    def text(self, key: str, default: str, pattern: Pattern | None = None) -> str:
        """A text that is not empty and, if set, looks like the pattern."""
        value: str = self.typed(key, str, default)
        if key in self.values and not value.strip():
            self.fail(key, "must not be empty")
        if key in self.values and pattern and not pattern.regex.fullmatch(value):
            self.fail(key, f"is {value!r}, but must be {pattern.said}")
        return value

    def optional(self, key: str, pattern: Pattern | None = None) -> str | None:
        """A text, or None when it is missing."""
        return self.text(key, "", pattern) or None

    def number(self, key: str, default: int | None, low: int, high: int) -> int | None:
        """A whole number between two others."""
        value: int | None = self.typed(key, int, default)
        if key in self.values and value is not None and not low <= value <= high:
            self.fail(key, f"must be between {low} and {high}")
        return value

    def typed(self, key: str, kind: type, default: Any) -> Any:
        """A value of a kind, or the default when it is missing."""
        value = self.values.get(key, default)
        wrong = not isinstance(value, kind) or isinstance(value, _NOT.get(kind, ()))
        if key in self.values and wrong:
            self.fail(key, f"must be {_NAMES[kind]}")
        return value

    def fail(self, key: str | None, problem: str) -> NoReturn:
        """Raise the error that a key, or the table itself, amounts to."""
        named = self._named(key) if key else self.name
        line = self._line(named)
        at = f"{self.file}, line {line}" if line else self.file
        raise SettingsError(
            f"{at}: {named} {problem}.", hint="docs/configuration.md shows every setting."
        )

    def _named(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _line(self, named: str) -> int | None:
        """The line (from 1) of a key, else of what holds it, as well as a scan of the text can tell."""
        while named and named not in self.lines:
            named = named[: max(named.rfind("."), named.rfind("["), 0)]
        return self.lines.get(named)


def line_numbers(text: str) -> dict[str, int]:
    """Where each table and each key begins, by its full name; `[[x]]` are `x[0]`, `x[1]`, ..."""
    found: dict[str, int] = {}
    many: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            table = _bare(match[2])
            found.setdefault(table, number)
            if match[1] == "[[":
                many[table] += 1
                table = f"{table}[{many[table] - 1}]"
                found[table] = number
            table += "."
        elif "=" in line:
            found.setdefault(table + _bare(line.split("=", 1)[0]), number)
    return found


def _bare(name: str) -> str:
    """`env . "prod"` -> `env.prod`."""
    return ".".join(part.strip().strip("\"'") for part in name.split("."))
