from __future__ import annotations

import io

import pytest

from resumectl.errors import Refused
from resumectl.report import errors

ERROR = Refused("It would delete [everything].", hint="If that is what you want, add --force.")


def test_error_and_hint_are_lines_of_their_own(capsys):
    errors.show(ERROR)
    assert capsys.readouterr() == (
        "",
        "error: It would delete [everything].\nhint: If that is what you want, add --force.\n",
    )


def test_an_error_without_a_hint_is_one_line(capsys):
    errors.show(Refused("No."))
    assert capsys.readouterr().err == "error: No.\n"


def test_a_terminal_gets_colour(on_terminal):
    assert on_terminal(errors.show, ERROR).startswith("\033[1;31merror:\033[0m It would")


@pytest.mark.parametrize(
    ("name", "value", "colour"), [("NO_COLOR", "1", False), ("NO_COLOR", "", True)]
)
def test_no_color_is_respected(on_terminal, monkeypatch, name, value, colour):
    """An empty NO_COLOR means nothing: https://no-color.org"""
    monkeypatch.setenv(name, value)
    assert ("\033" in on_terminal(errors.show, ERROR)) is colour


def test_a_dumb_terminal_gets_no_colour(on_terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "\033" not in on_terminal(errors.show, ERROR)


def test_nothing_is_folded_so_that_a_command_can_be_copied(capsys):
    out = io.StringIO()
    errors.show(Refused("word " * 50, hint="run " * 50), out)
    assert out.getvalue() == f"error: {'word ' * 50}\nhint: {'run ' * 50}\n"
    assert capsys.readouterr() == ("", "")
