"""What the pages of the terminal are made of: lists of changes, checks and addresses, at most 80 columns wide."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl.report import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

_SHOWN: Final = 8
_FIELDS: Final = 3
_COLOUR: Final = {"create": "green", "update": "yellow", "delete": "red", "replace": "red"}


@dataclass(frozen=True)
class Screen:
    """Where to print, and how much."""

    out: Console
    verbose: bool

    def line(self, text: str, style: str | None = None) -> None:
        """One line of plain text, folded where the terminal ends."""
        self.out.print(text, style=style, markup=False, highlight=False)

    def folded(self, text: str, first: str, style: str | None = None) -> None:
        """A text with something in front; on a terminal it is folded below itself."""
        width = self.out.width if self.out.is_terminal else len(text) + len(first) + 1
        wrapper = textwrap.TextWrapper(
            width, initial_indent=" " * len(first), break_on_hyphens=False
        )
        wrapper.subsequent_indent = wrapper.initial_indent
        lines = "\n".join(wrapper.fill(line) for line in text.splitlines())
        self.line(first + lines[len(first) :], style)

    def changes(self, changes: Iterable[Mapping[str, Any]]) -> None:
        """A plan, part by part."""
        rows = list(changes)
        for part, title in words.PART.items():
            mine = [change for change in rows if change["part"] == part]
            if mine:
                self.out.print(f"[bold]{title}[/]  {words.counts(mine)}")
                self._some(mine)

    def _some(self, changes: list[Mapping[str, Any]]) -> None:
        for change in changes if self.verbose else changes[:_SHOWN]:
            self._change(change)
        if len(changes) > _SHOWN and not self.verbose:
            self.line(f"    … and {len(changes) - _SHOWN} more (-v shows all)", style="dim")

    def _change(self, change: Mapping[str, Any]) -> None:
        from rich.text import Text

        action = change["action"]
        text = Text(overflow="fold")
        text.append(f"  {words.SIGN[action]} ", _COLOUR[action])
        text.append(words.thing(change["part"], change["key"]))
        if action in ("update", "replace") and change["fields"]:
            text.append(f"  {self._fields(change['fields'])}", "dim")
        self.out.print(text)

    def _fields(self, fields: Sequence[str]) -> str:
        shown = fields if self.verbose else fields[:_FIELDS]
        more = f" and {len(fields) - len(shown)} more" if len(fields) > len(shown) else ""
        return f"{words.differing(shown)}{more}"

    def checks(self, checks: Iterable[Mapping[str, Any]]) -> None:
        """One line for each check: how it went, its name, why, how long it took."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 1), show_header=False)
        table.add_column(width=1)
        table.add_column(no_wrap=True, max_width=26, overflow="ellipsis")
        table.add_column(ratio=1)
        table.add_column(justify="right", no_wrap=True, style="dim")
        for check in checks:
            mark = Text("✓", "green") if check["ok"] else Text("✗", "red")
            seconds = f"{check['seconds']:.2f} s" if "seconds" in check else ""
            table.add_row(mark, Text(check["name"]), Text(check["detail"]), seconds)
        self.out.print(table)

    def urls(self, urls: Mapping[str, str]) -> None:
        """The addresses, never folded: they are there to be clicked."""
        for name, url in urls.items():
            self.out.print(f"  {name.capitalize():<8} {url}", soft_wrap=True, markup=False)
