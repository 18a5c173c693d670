"""The command line as data: its help as Markdown, and whether it understands a command line.

python -m tests.commands > docs/commands.md
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.main import get_command

from resumectl.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 78  # click leaves two columns of a terminal of 80 free
_HEAD = """\
# Commands

Written by `make docs` from `--help`. JSON and exit codes are in [json.md](json.md).
"""
_EXAMPLE = re.compile(r"^ +(?P<line>resumectl .*?)(?: {2,}.*)?$", re.MULTILINE)


class Command(NamedTuple):
    """One command or group of commands."""

    name: str
    context: typer.Context

    @property
    def is_group(self) -> bool:
        return hasattr(self.context.command, "commands")

    @property
    def help(self) -> str:
        return self.context.command.get_help(self.context)

    @property
    def examples(self) -> list[str]:
        return [match["line"] for match in _EXAMPLE.finditer(self.context.command.epilog or "")]


def commands() -> Iterator[Command]:
    """Every command, in the order of --help; a group comes before its commands."""
    return _below("resumectl", get_command(app), None)


def markdown() -> str:
    """docs/commands.md."""
    sections = (f"## {command.name}\n\n```text\n{command.help}\n```\n" for command in commands())
    return "\n".join((_HEAD, *sections))


def problem(line: str) -> str | None:
    """Why the command line does not understand `line`, or None. Nothing is run."""
    program, *arguments = shlex.split(line.split(" | ", maxsplit=1)[0])
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _parse(program, get_command(app), arguments, None)
    except typer.Exit:  # --help, --version
        return None
    except Exception as error:
        if not hasattr(error, "format_message"):  # not a usage error
            raise
        return error.format_message()
    return None


def _parse(name: str, command: Any, arguments: list[str], parent: Any) -> None:
    context = command.make_context(name, list(arguments), parent=parent)
    if hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        _parse(*command.resolve_command(context, rest), context)


def _below(name: str, command: Any, parent: Any) -> Iterator[Command]:
    word = name.rpartition(" ")[2]
    context = typer.Context(
        command, info_name=word, parent=parent, terminal_width=_WIDTH, **command.context_settings
    )
    yield Command(name, context)
    for word, child in getattr(command, "commands", {}).items():
        yield from _below(f"{name} {word}", child, context)


if __name__ == "__main__":
    sys.stdout.write(markdown())
