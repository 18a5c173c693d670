"""The question before anything is changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from resumectl.errors import Refused

if TYPE_CHECKING:
    from resumectl.cli.command import Call
    from resumectl.plan import Plan


class Approve:
    """Shows a plan and asks; refuses when there is no terminal to ask in.

    Args:
        call: the command that asks.
        yes: the answer was given in advance.
        verb: the question.
    """

    def __init__(self, call: Call, *, yes: bool, verb: str = "Apply these changes") -> None:
        self._call = call
        self._yes = yes
        self._verb = verb

    def __call__(self, plan: Plan) -> None:
        """Show the plan and ask.

        Raises:
            Refused: the answer is no, or there is no terminal.
        """
        from resumectl.report import console

        with self._call.steps.progress.paused():
            if not self._call.json and not self._call.quiet:
                console.show_plan(plan, verbose=self._call.verbose)
            self.question(f"{self._verb}?")

    def question(self, text: str) -> None:
        """Ask a question that must be answered with yes.

        Raises:
            Refused: the answer is no, or there is no terminal.
        """
        if self._yes:
            return
        self._require_terminal("Add --yes to confirm in advance.")
        if _answer(f"{text} [y/N] ").lower() not in ("y", "yes"):
            raise Refused("Nothing was changed.", code="declined")

    def name(self, wanted: str, why: str) -> None:
        """Ask for the name of a protected environment; `--yes` does not answer this.

        Raises:
            Refused: something else was typed, or there is no terminal.
        """
        self._require_terminal(f"{why} Run the command in a terminal, where you can type the name.")
        with self._call.steps.progress.paused():
            if _answer(f"{why}\nType {wanted} to continue: ") != wanted:
                raise Refused("Nothing was changed.", code="declined")

    def _require_terminal(self, hint: str) -> None:
        if self._call.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise Refused(
                "Cannot ask for confirmation: there is no terminal.",
                hint=hint,
                code="no-terminal",
            )


def _answer(prompt: str) -> str:
    """The typed line; the next output starts on a new line, also after Ctrl-C and Ctrl-D."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = ""
    try:
        line = sys.stdin.readline()
    finally:
        if not line.endswith("\n"):
            sys.stderr.write("\n")
    return line.strip()
