from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer
from resumectl.steps.progress import Silent
from typer.testing import CliRunner

from resumectl.cli import app, command
from resumectl.errors import CloudError, Exit, Locked, Refused, SmokeFailed
from resumectl.report import console
from resumectl.report.progress import LiveProgress, PlainProgress
from resumectl.steps.outcome import Outcome

TOML = '[env.prod]\nregion = "eu-west-2"\n'


@dataclass
class Probe:
    """A command line with one command, `probe`, that does what a test says and keeps its call."""

    does: object = None
    calls: list = field(default_factory=list)

    def __post_init__(self):
        self.app = typer.Typer()
        self.app.callback()(self._main)
        command.register(self.app, "probe")(self._probe)

    def _main(self, ctx: typer.Context, project: str = "") -> None:
        ctx.obj = None

    def _probe(self, call: command.Call, more: bool = False) -> Outcome:
        """Do it."""
        self.calls.append(call)
        return self.does(call) if callable(self.does) else Outcome()

    def __call__(self, *arguments, does=None, **environ):
        self.does = does
        return CliRunner().invoke(self.app, ["probe", *arguments], env=environ)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resumectl.toml").write_text(TOML)
    return tmp_path


@pytest.fixture
def probe(project):
    return Probe()


def failing(error):
    def does(call):
        raise error

    return does


# --- exit codes


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(), 0),
        (Outcome(code=Exit.FAILED), 1),
        (Outcome(code=Exit.DIFFERENT), 3),
        (Outcome(error=SmokeFailed("No.")), 4),
    ],
)
def test_an_outcome_has_its_exit_code(probe, outcome, code):
    assert probe(does=lambda call: outcome).exit_code == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("No."), 1),
        (SmokeFailed("No."), 4),
        (Locked("No."), 5),
        (KeyboardInterrupt(), 130),
        (ValueError(), 70),
    ],
)
def test_an_error_has_its_exit_code(probe, error, code):
    assert probe(does=failing(error)).exit_code == code


@pytest.mark.parametrize("arguments", [["--nope"], ["surplus"], ["--env"]])
def test_what_cannot_be_understood_is_exit_code_2(probe, arguments):
    done = probe(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert probe.calls == []


def test_an_exit_of_typers_own_passes(probe):
    assert probe(does=failing(typer.Exit(9))).exit_code == 9


# --- errors


def test_an_error_is_one_line_and_a_hint_on_stderr(probe):
    done = probe(does=failing(Refused("It is locked.", hint="Wait.")))
    assert (done.stdout, done.stderr) == ("", "error: It is locked.\nhint: Wait.\n")


def test_interrupted(probe):
    done = probe(does=failing(KeyboardInterrupt()))
    assert done.stderr == "error: Interrupted.\nhint: Run the same command again to continue.\n"


def crash_log(stderr):
    (path,) = re.findall(r"The traceback is in (\S+): please report it\.", stderr)
    return path


def test_a_bug_is_one_line_and_a_file_with_the_traceback(probe, project):
    done = probe(does=failing(ValueError("odd")))
    assert done.stderr.splitlines()[0] == "error: This is a bug in resumectl: ValueError: odd"
    assert "Traceback" not in done.stderr
    path = crash_log(done.stderr)
    assert path.startswith(f"{project / '.resumectl'}/crash-")
    assert "Traceback" in Path(path).read_text()


def test_a_bug_outside_of_a_project_leaves_its_file_elsewhere(
    probe, project, tmp_path_factory, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("elsewhere")))
    (project / "resumectl.toml").unlink()
    path = crash_log(probe(does=failing(ValueError("odd"))).stderr)
    assert path.startswith(tempfile.gettempdir())
    assert Path(path).exists()


def test_a_crash_log_that_cannot_be_written_is_not_another_crash(probe, project, monkeypatch):
    """As on a full or a read-only disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(project / "not-there"))
    (project / "resumectl.toml").unlink()
    done = probe(does=failing(ValueError("odd")))
    assert done.exit_code == 70
    assert "This is a bug in resumectl: ValueError: odd" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_bug_in_showing_the_outcome_is_a_bug_as_any_other(probe, arguments):
    """`probe` has no page of its own; and what JSON cannot hold is not shown in JSON."""
    done = probe(*arguments, does=lambda call: Outcome({"made": object()}))
    assert done.exit_code == 70
    assert "This is a bug in resumectl: " in done.stderr
    assert crash_log(done.stderr)


def test_an_error_of_the_cloud_outside_of_a_project_is_just_that(probe, project):
    (project / "resumectl.toml").unlink()
    done = probe(does=failing(CloudError("No answer.")))
    assert (done.exit_code, done.stderr) == (1, "error: No answer.\n")


# --- JSON


def document(done):
    return json.loads(done.stdout)


def test_one_json_document_on_stdout(probe):
    done = probe("--json", does=lambda call: Outcome({"changes": []}, code=Exit.DIFFERENT))
    assert document(done) == {
        "schema": "resumectl/probe/v1",
        "env": "local",
        "ok": True,
        "exit_code": 3,
        "changes": [],
    }
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (Refused("No.", hint="Yes.", code="data-loss"), "data-loss", 1),
        (Locked("No.", hint="Yes."), "locked", 5),
        (KeyboardInterrupt(), "interrupted", 130),
        (ValueError("x"), "bug", 70),
    ],
)
def test_an_error_in_json(probe, error, code, exit_code):
    done = probe("--json", does=failing(error))
    found = document(done)
    assert (found["ok"], found["exit_code"], done.exit_code) == (False, exit_code, exit_code)
    assert found["error"]["code"] == code
    assert found["error"].keys() == {"code", "message", "hint"}
    assert found["error"]["message"] in done.stderr


def test_json_of_an_environment_that_is_not_there(probe):
    done = probe("--json", "--env", "prd", does=lambda call: call.environment)
    found = document(done)
    assert (found["env"], found["error"]["code"]) == ("prd", "settings")
    assert "Did you mean 'prod'?" in found["error"]["hint"]


# --- the common options


def test_the_environment_flag_variable_and_default(probe, project):
    def chosen(*arguments, **environ):
        probe(*arguments, **environ)
        return probe.calls[-1].environment.name

    assert chosen() == "local"
    assert chosen(RESUMECTL_ENV="prod") == "prod"
    assert chosen(RESUMECTL_ENV="") == "local"
    assert chosen("--env", "local", RESUMECTL_ENV="prod") == "local"
    (project / "resumectl.toml").write_text(f'[project]\ndefault_env = "prod"\n{TOML}')
    assert chosen() == "prod"
    assert chosen("-e", "local") == "local"


def test_another_folder(probe, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("other")
    (folder / "resumectl.toml").write_text('[project]\nname = "other"')
    probe("-C", str(folder))
    assert probe.calls[-1].settings.name == "other"
    assert probe.calls[-1].settings.root == folder
    monkeypatch.chdir(folder.parent)
    probe("--project", folder.name)
    assert probe.calls[-1].settings.root == folder


def test_a_folder_without_a_project(probe, tmp_path_factory):
    done = probe("-C", str(tmp_path_factory.mktemp("empty")), does=lambda call: call.environment)
    assert done.exit_code == 1
    assert "There is no resumectl.toml in " in done.stderr
    assert "hint: " in done.stderr


def test_the_options_reach_the_call(probe):
    probe("-q", "-v", "--json", "--more")
    call = probe.calls[-1]
    assert (call.command, call.quiet, call.verbose, call.json) == ("probe", True, True, True)


def test_what_is_shown_is_the_document(probe, monkeypatch):
    seen = []
    monkeypatch.setattr(
        console, "show", lambda name, document, *, verbose: seen.append((name, document, verbose))
    )
    probe("-v", does=lambda call: Outcome({"changes": []}))
    ((name, found, verbose),) = seen
    assert (name, found["changes"], verbose) == ("probe", [], True)


# --- progress


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("options", "terminal", "term", "kind"),
    [
        ({"quiet": True}, True, "xterm", Silent),
        ({"quiet": True}, False, "xterm", Silent),
        ({}, False, "xterm", PlainProgress),
        ({}, True, "dumb", PlainProgress),
        ({"json": True}, True, "xterm", PlainProgress),
        ({}, True, "xterm", LiveProgress),
    ],
)
def test_progress_suits_whoever_watches(monkeypatch, options, terminal, term, kind):
    monkeypatch.setenv("TERM", term)
    with monkeypatch.context() as patch:
        if terminal:
            patch.setattr(sys, "stderr", Terminal())
        assert type(command.Call("probe", **options).steps.progress) is kind


@pytest.mark.parametrize("writes", [False, True])
def test_the_steps_of_what_changes_things_stay_on_the_screen(monkeypatch, writes):
    monkeypatch.setenv("TERM", "xterm")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", screen := Terminal())
        with command.Call("probe", writes=writes).steps("Do it"):
            pass
    assert ("✓" in screen.getvalue()) is writes


# --- GitHub Actions


def test_on_github_actions_there_is_a_summary_and_annotations(probe, project):
    summary = project / "summary.md"
    does = failing(Refused("No.", hint="Yes."))
    done = probe(does=does, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "::error title=resumectl probe local::No." in done.stderr
    assert "No." in summary.read_text()


# --- the real command line


def run(*arguments, **environ):
    return CliRunner().invoke(app, list(arguments), env=environ, prog_name="resumectl")


def test_no_arguments_show_the_help():
    done = run()
    assert "Usage: resumectl" in done.output
    assert "deploy" in done.output


@pytest.mark.parametrize(
    "arguments", [["package"], ["plan"], ["deploy", "--yes"], ["status"], ["local", "status"]]
)
def test_every_command_needs_a_project(arguments, tmp_path):
    done = run("-C", str(tmp_path), *arguments)
    assert done.exit_code == 1
    assert f"There is no resumectl.toml in {tmp_path}" in done.stderr


def test_the_folder_can_stand_before_or_after_the_command(tmp_path):
    for arguments in (("-C", str(tmp_path), "package"), ("package", "-C", str(tmp_path))):
        assert f"There is no resumectl.toml in {tmp_path}" in run(*arguments).stderr


def test_the_document_names_command_and_group(tmp_path):
    found = document(run("local", "status", "--json", "-C", str(tmp_path)))
    assert found["schema"] == "resumectl/local-status/v1"


def test_a_package_needs_no_aws(project):
    (project / "lambda_src").mkdir()
    (project / "lambda_src" / "counter.py").write_text(
        "def handler(event, context):\n    return {}\n"
    )
    done = run("package", "--env", "prod", "--out", str(project / "out.zip"), "--json")
    found = document(done)
    assert (done.exit_code, found["env"], found["files"]) == (0, "prod", ["counter.py"])
    assert (project / "out.zip").stat().st_size == found["size"]
    again = document(
        run("package", "--out", str(project / "again.zip"), "--json", RESUMECTL_ENV="prod")
    )
    assert (again["env"], again["sha256"]) == ("prod", found["sha256"])
