"""Progress on stderr: a live list of steps on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType
    from rich.live import Live

_NAME_WIDTH = 30
_DETAIL_WIDTH = 28


class PlainProgress:
    """One line for each step that ended: for logs, pipes and CI."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._details: dict[str, str] = {}
        self._lock = threading.Lock()

    def start(self, name: str) -> None:
        """Nothing: a step shows when it ends."""

    def update(self, name: str, detail: str) -> None:
        """Keep the latest detail for the line that ends the step."""
        self._details[name] = detail

    def finish(self, name: str, seconds: float, *, ok: bool) -> None:
        """Print the step's line."""
        detail = self._details.pop(name, "")
        line = f"{'ok  ' if ok else 'FAIL'} {name:<{_NAME_WIDTH}} {detail:<{_DETAIL_WIDTH}} {seconds:6.1f} s"
        self._write(line)

    def note(self, line: str) -> None:
        """Print it."""
        self._write(f"note {line}")

    def paused(self) -> AbstractContextManager[None]:
        """Nothing to pause."""
        return nullcontext()

    def _write(self, line: str) -> None:
        with self._lock:
            self._out.write(line + "\n")
            self._out.flush()


@dataclass
class _Running:
    detail: str = ""
    began: float = field(default=0.0)


class LiveProgress:
    """A list of steps that grows: what runs has a spinner and a clock, what ended has a mark and its time.

    Args:
        console: where to draw.
        keep: leave the steps that ended on the screen; else only what runs is shown, and what failed stays.
    """

    def __init__(self, console: Console, *, keep: bool = True) -> None:
        from rich.spinner import Spinner

        self._console = console
        self._keep = keep
        self._spinner = Spinner("dots")
        self._running: dict[str, _Running] = {}
        self._live: Live | None = None
        self._lock = threading.RLock()

    def start(self, name: str) -> None:
        """Show the step as running."""
        with self._lock:
            self._running[name] = _Running(began=self._console.get_time())
            if self._live is None:
                self._open()

    def update(self, name: str, detail: str) -> None:
        """Show what the step says."""
        with self._lock:
            if name in self._running:
                self._running[name].detail = detail

    def finish(self, name: str, seconds: float, *, ok: bool) -> None:
        """Print the step above what still runs."""
        with self._lock:
            ended = self._running.pop(name, _Running())
            mark = "[green]✓[/]" if ok else "[red]✗[/]"
            if self._keep or not ok:
                self._console.print(self._row(mark, name, ended.detail, seconds))
            if not self._running:
                self._close()

    def note(self, line: str) -> None:
        """Print it above what runs."""
        from rich.padding import Padding
        from rich.text import Text

        self._console.print(Padding(Text(line, style="yellow"), (0, 0, 0, 4)))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop drawing while the block runs."""
        with self._lock:
            self._close()
        yield

    def _open(self) -> None:
        from rich.live import Live

        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            transient=True,
            refresh_per_second=10,
        )
        self._live.start()

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _render(self) -> RenderableType:
        from rich.console import Group

        now = self._console.get_time()
        rows = list(self._running.items())  # no lock: closing waits for the thread that draws
        frame = self._spinner.render(now)
        return Group(
            *(self._row(frame, name, step.detail, now - step.began) for name, step in rows)
        )

    def _row(self, mark: RenderableType, name: str, detail: str, seconds: float) -> RenderableType:
        from rich.table import Table
        from rich.text import Text

        row = Table.grid(padding=(0, 1))
        for width in (3, _NAME_WIDTH):
            row.add_column(
                width=width, justify="right" if width < _NAME_WIDTH else "left", no_wrap=True
            )
        row.add_column(width=_DETAIL_WIDTH, no_wrap=True, overflow="ellipsis")
        row.add_column(width=8, justify="right", no_wrap=True)
        row.add_row(
            mark, Text(name), Text(detail, style="dim"), Text(f"{seconds:.1f} s", style="dim")
        )
        return row
