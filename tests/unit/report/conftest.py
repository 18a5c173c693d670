from __future__ import annotations

import io
import sys
from datetime import UTC, datetime

import pytest
from rich.console import Console

from resumectl.report.screen import Screen

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def on_terminal(monkeypatch):
    """What a call writes to a terminal that is 80 columns wide and can show colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def written(function, *arguments, **options):
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            patch.setattr(sys, "stderr", terminal)
            function(*arguments, **options)
        return terminal.getvalue()

    return written


@pytest.fixture
def screen():
    """A screen without colour that is read with `screen.out.file.getvalue()`."""

    def make(width=80, *, verbose=False, terminal=True):
        out = Console(
            file=io.StringIO(),
            width=width,
            height=24,  # without it rich takes 80 columns where TERM=dumb
            force_terminal=terminal,
            color_system=None,
            highlight=False,
            emoji=False,
        )
        return Screen(out, verbose, NOW)

    return make


@pytest.fixture
def shown(screen):
    """What a page looks like for a document, at noon on 2026-11-27."""

    def text(page, document, **options):
        target = screen(**options)
        page(target, {"env": "prod", "ok": True, "exit_code": 0, **document})
        return target.out.file.getvalue()

    return text
