"""Typed access to a TOML table. Every error names the file, the line and the key."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NoReturn

from resumectl.errors import SettingsError

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
"""Subclasses in Python that are different kinds in TOML: True is an int, a datetime is a date."""


@dataclass(frozen=True)
class Pattern:
    """The form of a value, and its description for error messages."""

    regex: re.Pattern[str]
    description: str


@dataclass(frozen=True)
class Table:
    """One table of a TOML file.

    Attributes:
        file: the name of the file.
        name: the full name of the table, such as `env.prod`; empty for the whole document.
        values: the values of the table.
        lines: the line of each table and key in the file, by full name.
    """

    file: str
    name: str
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def only(self, *known: str) -> Table:
        """The table itself. Fails if it has a key that is not `known`."""
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                names = ", ".join(sorted(known))
                guess = f"did you mean {near[0]!r}?" if near else f"known: {names}"
                self.fail(key, f"is not a known setting ({guess})")
        return self

    def table(self, key: str) -> Table:
        """The table under `key`; empty if there is none."""
        return Table(self.file, self._full_name(key), self.typed(key, dict, {}), self.lines)

    def tables(self, key: str) -> list[Table]:
        """The list of tables under `key`; empty if there is none."""
        tables = self.typed(key, list, [])
        if not all(isinstance(table, dict) for table in tables):
            self.fail(key, "must be a list of tables")
        name = self._full_name(key)
        return [
            Table(self.file, f"{name}[{number}]", values, self.lines)
            for number, values in enumerate(tables)
        ]

    def text(self, key: str, default: str, pattern: Pattern | None = None) -> str:
        """The text under `key`. Fails if it is empty or does not match the pattern."""
        value: str = self.typed(key, str, default)
        if key in self.values and not value.strip():
            self.fail(key, "must not be empty")
        if key in self.values and pattern and not pattern.regex.fullmatch(value):
            self.fail(key, f"is {value!r}, but must be {pattern.description}")
        return value

    def optional(self, key: str, pattern: Pattern | None = None) -> str | None:
        """The text under `key`, or None if there is none."""
        return self.text(key, "", pattern) or None

    def number(self, key: str, default: int, low: int, high: int) -> int:
        """The whole number under `key`. Fails if it is not from `low` to `high`."""
        value: int = self.typed(key, int, default)
        if key in self.values and not low <= value <= high:
            self.fail(key, f"must be between {low} and {high}")
        return value

    def typed(self, key: str, kind: type, default: Any) -> Any:
        """The value under `key`, or the default. Fails if it is not of the kind."""
        value = self.values.get(key, default)
        wrong = not isinstance(value, kind) or isinstance(value, _NOT.get(kind, ()))
        if key in self.values and wrong:
            self.fail(key, f"must be {_NAMES[kind]}")
        return value

    def fail(self, key: str | None, problem: str) -> NoReturn:
        """Raise an error about a key, or about the table itself.

        Raises:
            SettingsError: always.
        """
        name = self._full_name(key) if key else self.name
        line = self._line(name)
        place = f"{self.file}, line {line}" if line else self.file
        raise SettingsError(
            f"{place}: {name} {problem}.", hint="docs/configuration.md explains every setting."
        )

    def _full_name(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _line(self, name: str) -> int | None:
        """The line of a key, or of the nearest table around it that the scan of the text found."""
        while name and name not in self.lines:
            name = name[: max(name.rfind("."), name.rfind("["), 0)]
        return self.lines.get(name)


def line_numbers(text: str) -> dict[str, int]:
    """The first line (from 1) of each table and key, by full name; `[[x]]` is `x[0]`, `x[1]`, ...

    A scan for headers and `=`, because tomllib does not report positions. It is used in error
    messages only, so a line inside a multi-line string that looks like a key does no harm.
    """
    lines: dict[str, int] = {}
    counts: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            table = _bare(match[2])
            lines.setdefault(table, number)
            if match[1] == "[[":
                counts[table] += 1
                table = f"{table}[{counts[table] - 1}]"
                lines[table] = number
            table += "."
        elif "=" in line:
            lines.setdefault(table + _bare(line.split("=", 1)[0]), number)
    return lines


def _bare(name: str) -> str:
    """`env . "prod"` -> `env.prod`."""
    return ".".join(part.strip().strip("\"'") for part in name.split("."))
