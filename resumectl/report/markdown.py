"""Text, code, links and tables in GitHub's Markdown; any value is escaped. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

_LONGEST: Final = 300
_SPECIAL: Final = re.compile(r"([\\`*_\[\]|~$])")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def text(value: object) -> str:
    """A value as plain text on one line, also in a table."""
    plain = "".join(_HTML.get(letter, letter) for letter in _line(value))
    return _SPECIAL.sub(r"\\\1", plain)


def code(value: object) -> str:
    """A value as code on one line, also in a table."""
    line = _line(value)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    room = " " if "`" in line else ""
    return f"{fence}{room}{line}{room}{fence}".replace("|", r"\|") if line else ""


def link(url: str) -> str:
    """A clickable address."""
    return f"<{quote(_line(url), safe=':/?#[]@!$&()*+,;=%~')}>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], limit: int) -> str:
    """A table of cells in Markdown; says how many rows are over the limit."""
    cells = list(rows)
    lines = [head, ["---"] * len(head), *cells[:limit]]
    drawn = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return drawn if len(cells) <= limit else f"{drawn}\n\n... and {len(cells) - limit} more"


def _line(value: object) -> str:
    line = " ".join(str(value).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
