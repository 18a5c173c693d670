"""A small project in the current folder, and the real command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from resumectl.cli import app

TOML = '[project]\nname = "resume"\n\n[env.prod]\nregion = "eu-west-2"\n'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resumectl.toml").write_text(TOML)
    (tmp_path / "lambda_src").mkdir()
    handler = "def handler(event, context):\n    return {}\n"
    (tmp_path / "lambda_src" / "counter.py").write_text(handler)
    (tmp_path / "frontend").mkdir()
    (tmp_path / "frontend" / "index.html").write_text("<!doctype html><title>Ada</title>")
    return tmp_path


@pytest.fixture
def run():
    """Runs the command line."""

    def run(*arguments, **environ):
        return CliRunner().invoke(app, list(arguments), env=environ, prog_name="resumectl")

    return run


@pytest.fixture
def document(run):
    """Runs the command line with --json; gives the document."""
    return lambda *arguments, **environ: json.loads(run(*arguments, "--json", **environ).stdout)
