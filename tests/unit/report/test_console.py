from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from resumectl.plan import Change, Plan
from resumectl.report import console
from tests.commands import commands

DOCS = Path(__file__).parents[3] / "docs" / "json.md"
EXAMPLES = [
    json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
]
SHOWN = [
    example
    for example in EXAMPLES
    if example.keys() - {"schema", "env", "ok", "exit_code", "error"}
]
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]")
PLAN = {
    "env": "prod",
    "changes": [Change("site", "a b" * 60, None, {}).as_json()],
    "losses": [],
}
CHECK = {"name": "page", "ok": True, "detail": "200", "seconds": 0.25}


def command_of(document):
    return document["schema"].split("/")[1]


def test_every_command_has_a_page():
    names = {
        command.name.removeprefix("resumectl ").replace(" ", "-")
        for command in commands()
        if not command.is_group
    }
    assert names == set(console.PAGES)


@pytest.mark.parametrize("document", SHOWN, ids=command_of)
@pytest.mark.parametrize("verbose", [False, True])
def test_every_document_of_the_docs_can_be_shown(document, verbose, on_terminal):
    assert on_terminal(console.show, command_of(document), document, verbose=verbose).strip()


@pytest.mark.parametrize("document", SHOWN, ids=command_of)
def test_a_pipe_gets_no_colour(document, capsys):
    console.show(command_of(document), document, verbose=False)
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("document", SHOWN, ids=command_of)
def test_no_color_is_respected_on_a_terminal(document, on_terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = on_terminal(console.show, command_of(document), document, verbose=False)
    assert not COLOUR.search(text)


def test_a_terminal_gets_colour(on_terminal):
    assert COLOUR.search(on_terminal(console.show, "plan", PLAN, verbose=False))


def test_a_document_goes_to_stdout_and_a_pipe_is_not_folded(capsys):
    console.show("plan", PLAN, verbose=False)
    assert capsys.readouterr() == (f"Site  1 to create\n  + {'a b' * 60}\n", "")


def test_a_terminal_is_folded_at_its_width(on_terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    lines = on_terminal(console.show, "plan", PLAN, verbose=False).splitlines()
    assert max(map(len, (re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines))) <= 80


def test_the_plan_before_the_question_goes_to_stderr(capsys):
    console.show_plan(Plan((Change("infra", "aws_s3_bucket.site", None, {}),)), verbose=False)
    assert capsys.readouterr() == ("", "Infrastructure  1 to create\n  + S3 bucket site\n")


def test_every_check_is_shown(shown):
    failed = {**CHECK, "name": "error page", "ok": False}
    assert shown(console.checks, {"checks": [CHECK, failed]}) == (
        "✓ page          0.25 s  200\n✗ error page    0.25 s  200\n"
    )
