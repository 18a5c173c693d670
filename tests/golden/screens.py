"""Every screen of the command line, as a person sees it on terminals of 80 and 60 columns.

`help/` and most of `failure/` come from the command line itself; `success/` and the failures that
need AWS are the documents in `documents/`, rendered. `make golden` writes the screens.
"""

from __future__ import annotations

import io
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.console import Console
from typer.testing import CliRunner

from resumectl.cli import app
from resumectl.errors import ResumectlError
from resumectl.progress import Step
from resumectl.report import console, errors
from resumectl.report.progress import PlainProgress
from tests.commands import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER: Final = Path(__file__).parent
WIDTHS: Final = (80, 60)
NOW: Final = datetime(2026, 11, 27, 12, tzinfo=UTC)

_HEAD: Final = {"schema", "env", "ok", "exit_code", "error"}
_ENVIRONMENT: Final = {"RESUMECTL_ENV": None, "GITHUB_ACTIONS": None, "CI": None}
_SETTINGS: Final = '[env.local]\nemulator = true\n\n[env.prod]\nregion = "eu-west-2"\n'


class Failure(NamedTuple):
    """A command line that fails without AWS; `settings` is its resumectl.toml, None if missing."""

    line: str
    settings: str | None = _SETTINGS


FAILURES: Final = {
    "deploy-only": Failure("deploy --only sites"),
    "deploy-no-settings": Failure("deploy", None),
    "plan": Failure("plan --env prd"),
    "drift": Failure("drift", f"{_SETTINGS}\n[site]\nsorce = 'frontend'\n"),
    "status": Failure("status", None),
    "history": Failure("history -n 0"),
    "rollback": Failure("rollback yesterday"),
    "package": Failure("package", "[env.prod\n"),
    "local-start": Failure("local start --port 80"),
    "local-stop": Failure("local stop", f"{_SETTINGS}\n[env.staging]\nemulator = 'yes'\n"),
    "local-status": Failure("local status --env staging"),
    "local-reset": Failure("local reset"),
    "unknown-command": Failure("destory --env prod"),
}

_DEPLOY: Final = (
    (Step("prepare-bucket", "Prepare the project bucket"), "", 0.4),
    (Step("package-function", "Package the function"), "6.9 kB, 1 file", 0.1),
    (Step("build-site", "Build the site"), "6 files", 0.3),
    (Step("look", "Look at what is live"), "", 0.8),
    (Step("plan-infra", "Plan the infrastructure"), "1 to change", 6.9),
    (Step("apply-infra", "Apply the infrastructure"), "1 resource", 4.2),
    (Step("publish-function", "Publish the function"), "version 7", 2.1),
    (Step("upload-site", "Upload the site"), "2 of 2 objects", 0.3),
    (Step("invalidate-site", "Invalidate the cache"), "/, /index.html, /downloads/cv.pdf", 12.6),
    (Step("smoke", "Run the smoke test"), "5 of 6 checks passed", 20.9),
)


def screens() -> dict[str, str]:
    """Every screen, by its file below this folder."""
    return {**dict(_helps()), **dict(_documents()), **dict(_failures()), "progress.txt": progress()}


def documents() -> dict[str, dict[str, Any]]:
    """The JSON documents that screens are made of, by name."""
    return {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted((FOLDER / "documents").glob("*.json"))
    }


def written() -> dict[str, str]:
    """The screens as they are in this folder."""
    return {
        file.relative_to(FOLDER).as_posix(): file.read_text(encoding="utf-8")
        for file in FOLDER.rglob("*.txt")
    }


def write() -> None:
    """Write every screen, and delete the files of screens that no longer exist."""
    new = screens()
    for name in written().keys() - new.keys():
        (FOLDER / name).unlink()
    for name, text in new.items():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8")


def shown(document: Mapping[str, Any], width: int) -> str:
    """A document on a terminal without colour."""
    command = document["schema"].split("/")[1]
    out = io.StringIO()
    terminal = Console(
        file=out,
        width=width,
        height=24,  # without it rich takes 80 columns where TERM=dumb
        force_terminal=True,
        color_system=None,
        highlight=False,
        emoji=False,
    )
    if document.keys() - _HEAD:
        console.show(command, document, verbose=False, out=terminal, now=NOW)
    if error := document.get("error"):
        message = "\n".join((error["message"], *error.get("details", ())))
        errors.show(ResumectlError(message, hint=error["hint"]), out)
    line = f"{command.replace('local-', 'local ')} --env {document['env']}"
    return _screen(line, out.getvalue(), document["exit_code"])


def progress() -> str:
    """What a deploy writes to a log, when its last step fails."""
    out = io.StringIO()
    plain = PlainProgress(out)
    plain.note("Took over the lock of a deploy that crashed.")
    for step, detail, seconds in _DEPLOY:
        plain.start(step)
        plain.update(step, detail)
        plain.finish(step, seconds, ok=step.id != "smoke")
    return out.getvalue()


def _documents() -> Iterator[tuple[str, str]]:
    for name, document in documents().items():
        folder = "success" if document["ok"] else "failure"
        for width in WIDTHS:
            yield f"{folder}/{name}.{width}.txt", shown(document, width)


def _helps() -> Iterator[tuple[str, str]]:
    for command in commands():
        line = command.name.removeprefix("resumectl").strip()
        for width in WIDTHS:
            done = _run([*line.split(), "--help"], width)
            yield f"help/{line.replace(' ', '-') or 'resumectl'}.{width}.txt", done.output


def _failures() -> Iterator[tuple[str, str]]:
    for name, failure in FAILURES.items():
        with tempfile.TemporaryDirectory() as folder:
            if failure.settings is not None:
                (Path(folder) / "resumectl.toml").write_text(failure.settings, encoding="utf-8")
            for width in WIDTHS:
                done = _run(["-C", folder, *failure.line.split()], width)
                text = done.output.replace(folder, "/home/alex/resume")
                yield f"failure/{name}.{width}.txt", _screen(failure.line, text, done.exit_code)


def _run(arguments: list[str], width: int) -> Any:
    # click leaves two columns of a terminal free
    return CliRunner().invoke(
        app, arguments, prog_name="resumectl", env=_ENVIRONMENT, terminal_width=width - 2
    )


def _screen(line: str, text: str, code: int) -> str:
    ended = f"[exit code {code}]\n" if code else ""
    return f"$ resumectl {line}\n{text}{ended}"
