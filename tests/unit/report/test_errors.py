from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.report import errors

ERROR = Refused("It would delete [everything].", hint="If that is what you want: --force.")


def test_one_line_and_the_hint_on_its_own(capsys):
    errors.show(ERROR)
    assert capsys.readouterr() == (
        "",
        "error: It would delete [everything].\nhint: If that is what you want: --force.\n",
    )


def test_no_hint_no_line(capsys):
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
