from __future__ import annotations

import io
import sys

import pytest

from resumectl.cli.approve import Approve
from resumectl.cli.command import Call
from resumectl.errors import Refused
from resumectl.plan import Change, Plan
from tests.fakes.context import FakeCall, World

PLAN = Plan((Change("infra", "aws_s3_bucket.site", None, {}),))


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def ask(monkeypatch):
    """Asks a person who types `answer`; None means there is no terminal. Gives what was shown."""

    def asked(question, answer):
        shown = Terminal() if answer is not None else io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", Terminal(answer) if answer is not None else io.StringIO())
            patch.setattr(sys, "stderr", shown)
            try:
                question()
            finally:
                asked.shown = shown.getvalue()
        return asked.shown

    return asked


def approve(*, yes=False, **options):
    return Approve(Call("deploy", **{"quiet": True, **options}), yes=yes)


@pytest.mark.parametrize("answer", ["y\n", "yes\n", " YES \n"])
def test_yes_is_an_answer(ask, answer):
    assert ask(lambda: approve()(PLAN), answer) == "Apply these changes? [y/N] "


@pytest.mark.parametrize("answer", ["\n", "n\n", "", "maybe\n"])
def test_anything_else_is_no(ask, answer):
    with pytest.raises(Refused, match="Nothing was changed") as caught:
        ask(lambda: approve()(PLAN), answer)
    assert caught.value.code == "declined"


class Interrupted(Terminal):
    def readline(self, *_):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("answer", "error"), [(Interrupted(), KeyboardInterrupt), (Terminal(), Refused)]
)
def test_after_ctrl_c_and_ctrl_d_the_next_output_starts_a_new_line(monkeypatch, answer, error):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", answer)
        patch.setattr(sys, "stderr", shown := Terminal())
        with pytest.raises(error):
            approve()(PLAN)
    assert shown.getvalue() == "Apply these changes? [y/N] \n"


def test_the_plan_is_shown_first(ask):
    shown = ask(lambda: approve(quiet=False)(PLAN), "y\n")
    assert shown.index("S3 bucket site") < shown.index("Apply these changes?")


def test_yes_in_advance_asks_nothing(ask):
    assert ask(lambda: approve(yes=True)(PLAN), None) == ""


@pytest.mark.parametrize("options", [{}, {"json": True}])
def test_without_a_terminal_it_refuses(ask, options):
    with pytest.raises(Refused, match="there is no terminal") as caught:
        ask(lambda: approve(**options)(PLAN), None)
    assert caught.value.code == "no-terminal"
    assert "--yes" in str(caught.value.hint)


def test_with_json_it_never_asks(ask):
    with pytest.raises(Refused, match="there is no terminal"):
        ask(lambda: approve(json=True)(PLAN), "y\n")


def test_the_name_of_a_protected_environment_must_be_typed(ask):
    shown = ask(lambda: approve().name("prod", "Data would be lost."), "prod\n")
    assert shown == "Data would be lost.\nType prod to continue: "


@pytest.mark.parametrize("answer", ["prd\n", "y\n", "\n", ""])
def test_another_name_is_no(ask, answer):
    with pytest.raises(Refused, match="Nothing was changed"):
        ask(lambda: approve().name("prod", "Data would be lost."), answer)


@pytest.mark.parametrize("yes", [False, True])
def test_yes_in_advance_is_not_the_name(ask, yes):
    with pytest.raises(Refused, match="there is no terminal") as caught:
        ask(lambda: approve(yes=yes).name("prod", "Data would be lost."), None)
    assert "Data would be lost." in str(caught.value.hint)


def test_the_terminal_is_left_alone_while_it_asks(ask):
    world = World()
    call = FakeCall("deploy", quiet=True, world=world)
    call.steps.progress = world.progress
    ask(lambda: Approve(call, yes=False)(PLAN), "y\n")
    assert world.progress.pauses == 1
