"""Progress on stderr: a live list of steps on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

    from resumectl.progress import Step

_LABEL = 30


class PlainProgress:
    """One line for each step, when it ends: for logs, pipes and CI."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._details: dict[str, str] = {}
        self._lock = threading.Lock()

    def start(self, step: Step) -> None:
        """Nothing: a step is printed when it ends."""

    def update(self, step: Step, detail: str) -> None:
        """Keep the latest detail for the line that ends the step."""
        self._details[step.id] = detail

    def finish(self, step: Step, seconds: float, *, ok: bool) -> None:
        """Print the step's line."""
        detail = self._details.pop(step.id, "")
        mark = "ok  " if ok else "FAIL"
        self._write(f"{mark} {seconds:6.1f} s  {step.label:<{_LABEL}} {detail}".rstrip())

    def note(self, line: str) -> None:
        """Print it."""
        self._write(f"note {line}")

    def paused(self) -> AbstractContextManager[None]:
        """Nothing to pause."""
        return nullcontext()

    def _write(self, line: str) -> None:
        with self._lock, suppress(OSError):  # nobody reads it; the work goes on
            self._out.write(line + "\n")
            self._out.flush()


@dataclass
class _Running:
    label: str
    began: float = 0.0
    detail: str = ""


class LiveProgress:
    """A growing list of steps: a running one has a spinner and a clock, an ended one its time.

    Args:
        console: where to draw.
        keep: leave every step that ended on the screen; else only those that failed.
    """

    def __init__(self, console: Console, *, keep: bool = True) -> None:
        from rich.spinner import Spinner

        self._console = console
        self._keep = keep
        self._spinner = Spinner("dots")
        self._running: dict[str, _Running] = {}
        self._live: Live | None = None
        self._lock = threading.RLock()

    def start(self, step: Step) -> None:
        """Show the step as running."""
        with self._lock:
            self._running[step.id] = _Running(step.label, self._console.get_time())
            if self._live is None:
                self._open()

    def update(self, step: Step, detail: str) -> None:
        """Show the step's latest detail."""
        with self._lock:
            if step.id in self._running:
                self._running[step.id].detail = detail

    def finish(self, step: Step, seconds: float, *, ok: bool) -> None:
        """Print the step above those that still run."""
        with self._lock:
            ended = self._running.pop(step.id, _Running(step.label))
            mark = "[green]✓[/]" if ok else "[red]✗[/]"
            if self._keep or not ok:
                self._console.print(self._row(mark, ended, seconds, ended=True))
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
        running = list(self._running.values())  # no lock: closing waits for the thread that draws
        frame = self._spinner.render(now)
        return Group(*(self._row(frame, step, now - step.began, ended=False) for step in running))

    def _row(
        self, mark: RenderableType, step: _Running, seconds: float, *, ended: bool
    ) -> RenderableType:
        """One step; while it runs it takes one line, so that the list keeps its height."""
        from rich.table import Table
        from rich.text import Text

        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(width=3, justify="right", no_wrap=True)
        row.add_column(width=8, justify="right", no_wrap=True)
        row.add_column(width=_LABEL, no_wrap=True, overflow="ellipsis")
        row.add_column(ratio=1, no_wrap=not ended, overflow="fold" if ended else "ellipsis")
        clock, detail = f"{seconds:.1f} s", Text(step.detail, style="dim")
        row.add_row(mark, Text(clock, style="dim"), Text(step.label), detail)
        return row
