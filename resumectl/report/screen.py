"""What the pages of the terminal are made of: folded lines, changes, checks and addresses."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from resumectl.report import words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Piece: TypeAlias = "str | tuple[str, str] | Text"
"""A text, a text and its style, or a text that has its styles."""

_MARKS: Final = {"passed": ("✓", "green"), "failed": ("✗", "red"), "unseen": ("?", "yellow")}
_SHOWN: Final = 8
_FIELDS: Final = 3
_LABEL: Final = 16
_ROOM: Final = 10  # no text is folded into less
_COLOUR: Final = {"create": "green", "update": "yellow", "delete": "red", "replace": "red"}


@dataclass(frozen=True)
class Screen:
    """Where to print, how much, and what time it is."""

    out: Console
    verbose: bool
    now: datetime

    def line(self, *pieces: Piece) -> None:
        """A line of text."""
        self.folded("", *pieces)

    def row(self, label: str, *pieces: Piece) -> None:
        """A line with a label in front."""
        self.folded(f"  {label:<{_LABEL}}", *pieces)

    def folded(self, lead: Piece, *pieces: Piece) -> None:
        """A text behind a lead; on a terminal it is folded below itself, between words only."""
        from rich.text import Text

        first, text = Text.assemble(lead), Text.assemble(*pieces)
        lines = list(text.split("\n"))
        if self.out.is_terminal:
            width = max(self.out.width - len(first), _ROOM)
            lines = [folded for line in lines for folded in _fold(line, width)]
        indent = Text(f"\n{' ' * len(first)}")
        self.out.print(first + indent.join(lines), soft_wrap=True)

    def whole(self, text: str) -> None:
        """A line that is never folded, such as an address or a path."""
        self.out.print(text, markup=False, soft_wrap=True)

    def changes(self, changes: Iterable[Mapping[str, Any]]) -> None:
        """A plan, part by part."""
        for title, group in words.by_part(changes).items():
            self.line((title, "bold"), f"  {words.counts(group)}")
            for change in group if self.verbose else group[:_SHOWN]:
                self._change(change)
            if len(group) > _SHOWN and not self.verbose:
                self.line((f"    … and {len(group) - _SHOWN} more (-v shows all)", "dim"))

    def _change(self, change: Mapping[str, Any]) -> None:
        action = change["action"]
        fields = ""
        if action in ("update", "replace") and change["fields"]:
            fields = f"  {self._fields(change['fields'])}"
        sign = (f"  {words.SIGN[action]} ", _COLOUR[action])
        self.folded(sign, words.thing(change), (fields, "dim"))

    def _fields(self, fields: Sequence[str]) -> str:
        shown = fields if self.verbose else fields[:_FIELDS]
        more = f" and {len(fields) - len(shown)} more" if len(fields) > len(shown) else ""
        return f"{words.differing(shown)}{more}"

    def checks(self, checks: Sequence[Mapping[str, Any]]) -> None:
        """One line for each check: whether it passed, its name, its time and its detail."""
        from rich.text import Text

        width = max((len(check["name"]) for check in checks), default=0)
        for check in checks:
            mark = _MARKS[words.check(check)]
            seconds = f"{check['seconds']:6.2f} s  " if "seconds" in check else ""
            lead = Text.assemble(mark, f" {check['name']:<{width}}  {seconds}")
            self.folded(lead, check["detail"])

    def failed(self, checks: Iterable[Mapping[str, Any]]) -> None:
        """The checks that did not pass."""
        self.checks([check for check in checks if not check["ok"]])

    def urls(self, urls: Mapping[str, str]) -> None:
        """The addresses."""
        for name, url in urls.items():
            self.whole(f"  {name.capitalize():<8} {url}")


def _fold(line: Text, width: int) -> Iterator[Text]:
    """The line in pieces of at most `width` characters; an address stays whole, to be copied."""
    wrapper = textwrap.TextWrapper(
        width,
        expand_tabs=False,
        replace_whitespace=False,
        break_on_hyphens=False,
        break_long_words=False,
    )
    end = 0
    for piece in wrapper.wrap(line.plain) or [""]:
        start = line.plain.index(piece, end)
        end = start + len(piece)
        yield line[start:end]
