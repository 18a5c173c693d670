from __future__ import annotations

import sys

import pytest


@pytest.fixture
def terminal(capsys, monkeypatch):
    """What is written to a terminal, 80 columns wide, that can show colours."""
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return capsys
