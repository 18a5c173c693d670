"""What people see: every screen is as it was reviewed, and fits its terminal."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path

import pytest

from tests.golden import screens
from tests.schemas import validate

DOCUMENTS = screens.documents()
WRITTEN = screens.written()
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rendered():
    return screens.screens()


def test_every_screen_is_as_reviewed(rendered):
    changed = [
        name for name in sorted({*rendered, *WRITTEN}) if rendered.get(name) != WRITTEN.get(name)
    ]
    difference = (
        line
        for name in changed
        for line in difflib.unified_diff(
            WRITTEN.get(name, "").splitlines(), rendered.get(name, "").splitlines(), name, name
        )
    )
    assert changed == [], "\n".join(["Run `make golden` and review:", *difference])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_keep_the_contract(name):
    validate(DOCUMENTS[name])


def test_the_documents_name_steps_that_exist():
    package = "".join(path.read_text() for path in (ROOT / "resumectl").rglob("*.py"))
    steps = set(re.findall(r'Step\("([a-z-]+)"', package))
    text = json.dumps(DOCUMENTS)
    named = {step for document in DOCUMENTS.values() for step in document.get("timings", ())}
    named |= set(re.findall(r'"failed_step": "([^"]+)"', text))
    assert named
    assert named <= steps


@pytest.mark.parametrize("folder", ["help", "success", "failure"])
def test_every_command_has_screens(folder):
    names = {
        command.name.removeprefix("resumectl ").replace(" ", "-")
        for command in screens.commands()
        if not command.is_group
    }
    files = [name.removeprefix(f"{folder}/") for name in WRITTEN if name.startswith(f"{folder}/")]
    assert [name for name in names if not any(file.startswith(name) for file in files)] == []


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.startswith(("help", "success"))])
def test_lines_fit_the_terminal_and_nothing_is_cut(name):
    """One word, such as an address, stays whole, however long. Errors are never folded."""
    width = int(name.split(".")[-2])
    long = [line for line in WRITTEN[name].splitlines() if len(line) > width]
    assert [line for line in long if len(line.rpartition(" ")[0]) > width] == []
    assert "…" not in WRITTEN[name].replace("… and", "")
    assert "..." not in WRITTEN[name].replace("[ARGS]...", "")
