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
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner

from resumectl.cli import command
from resumectl.errors import (
    CloudError,
    Exit,
    Locked,
    Refused,
    SmokeFailed,
    TerraformError,
)
from resumectl.local import folder
from resumectl.progress import Silent, Step
from resumectl.report.progress import LiveProgress, PlainProgress
from resumectl.steps.outcome import Outcome
from tests.fakes.errors import aws_error


@dataclass
class Probe:
    """A command line with one command that does what a test says and keeps its call."""

    name: str = "probe"
    does: object = None
    calls: list = field(default_factory=list)

    def __post_init__(self):
        self.app = typer.Typer()
        self.app.callback()(self._main)
        command.register(self.app, self.name)(self._probe)

    def _main(self, ctx: typer.Context, project: str = "") -> None:
        ctx.obj = None

    def _probe(self, call: command.Call, more: bool = False) -> Outcome:
        """Do it."""
        self.calls.append(call)
        return self.does(call) if callable(self.does) else Outcome()

    def __call__(self, *arguments, does=None, **environ):
        self.does = does
        return CliRunner().invoke(self.app, [self.name, *arguments], env=environ)


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
def test_a_usage_error_is_exit_code_2(probe, arguments):
    result = probe(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert probe.calls == []


def test_an_exit_of_typer_passes_through(probe):
    assert probe(does=failing(typer.Exit(9))).exit_code == 9


# --- errors


def test_an_error_is_one_line_and_a_hint_on_stderr(probe):
    result = probe(does=failing(Refused("It is locked.", hint="Wait.")))
    assert (result.stdout, result.stderr) == ("", "error: It is locked.\nhint: Wait.\n")


def test_an_interrupt_is_reported_as_one(probe):
    result = probe(does=failing(KeyboardInterrupt()))
    assert result.stderr == "error: Interrupted.\nhint: Run the same command again to continue.\n"


def crash_log(stderr):
    (path,) = re.findall(r"The traceback is in (\S+): please report it\.", stderr)
    return path


def test_a_bug_is_one_line_and_a_file_with_the_traceback(probe, project):
    result = probe(does=failing(ValueError("odd")))
    assert result.stderr.splitlines()[0] == "error: This is a bug in resumectl: ValueError"
    assert "Traceback" not in result.stderr
    path = crash_log(result.stderr)
    assert path.startswith(f"{project / '.resumectl'}/crash-")
    assert "Traceback" in Path(path).read_text()


def test_a_bug_outside_a_project_writes_its_log_to_the_temporary_folder(
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
    result = probe(does=failing(ValueError("odd")))
    assert result.exit_code == 70
    assert "This is a bug in resumectl: ValueError" in result.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (aws_error("SlowDown"), "AWS returned SlowDown for Anything while running probe."),
        (EndpointConnectionError(endpoint_url="https://x"), "No response while running probe: "),
    ],
)
def test_an_error_of_aws_is_never_a_bug(probe, error, said):
    result = probe(does=failing(error))
    assert result.exit_code == 1
    assert said in result.stderr


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_bug_in_a_renderer_is_reported_like_any_other(probe, arguments):
    """`probe` has no page of its own; and what JSON cannot hold is not shown in JSON."""
    result = probe(*arguments, does=lambda call: Outcome({"made": object()}))
    assert result.exit_code == 70
    assert "This is a bug in resumectl: " in result.stderr
    assert crash_log(result.stderr)


def test_a_cloud_error_outside_a_project_is_shown_as_it_is(probe, project):
    (project / "resumectl.toml").unlink()
    result = probe(does=failing(CloudError("No answer.")))
    assert (result.exit_code, result.stderr) == (1, "error: No answer.\n")


@pytest.mark.parametrize("error", [CloudError("No answer."), TerraformError("No answer.")])
def test_an_embedded_cloud_that_stopped_meanwhile_explains_any_error_of_it(probe, project, error):
    state = project / ".resumectl" / "local"
    state.mkdir(parents=True)
    (state / folder.PORT).write_text('{"port": 4566}')
    assert (
        "The embedded cloud was stopped while the command ran" in probe(does=failing(error)).stderr
    )
    assert "No answer." in probe("-e", "prod", does=failing(error)).stderr
    assert "No." in probe(does=failing(Refused("No."))).stderr


def test_a_reader_that_went_away_is_no_bug(probe):
    """`__main__` turns it into exit code 141."""
    assert isinstance(probe(does=failing(BrokenPipeError())).exception, BrokenPipeError)


# --- JSON


def document_of(result):
    return json.loads(result.stdout)


def test_one_json_document_on_stdout(probe):
    result = probe("--json", does=lambda call: Outcome({"changes": []}, code=Exit.DIFFERENT))
    assert document_of(result) == {
        "schema": "resumectl/probe/v1",
        "env": "local",
        "ok": True,
        "exit_code": 3,
        "changes": [],
    }
    assert result.stderr == ""


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
    result = probe("--json", does=failing(error))
    body = document_of(result)
    assert (body["ok"], body["exit_code"], result.exit_code) == (False, exit_code, exit_code)
    assert body["error"]["code"] == code
    assert body["error"].keys() == {"code", "message", "hint"}
    assert body["error"]["message"] in result.stderr


def test_an_unknown_environment_in_json(probe):
    result = probe("--json", "--env", "prd", does=lambda call: call.environment)
    body = document_of(result)
    assert (body["env"], body["error"]["code"]) == ("prd", "settings")
    assert "Did you mean 'prod'?" in body["error"]["hint"]


# --- the common options


def test_the_environment_flag_variable_and_default(probe, project):
    def chosen(*arguments, **environ):
        probe(*arguments, **environ)
        return probe.calls[-1].environment.name

    assert chosen() == "local"
    assert chosen(RESUMECTL_ENV="prod") == "prod"
    assert chosen(RESUMECTL_ENV="") == "local"
    assert chosen("--env", "local", RESUMECTL_ENV="prod") == "local"
    toml = (project / "resumectl.toml").read_text()
    (project / "resumectl.toml").write_text(
        toml.replace("[project]", '[project]\ndefault_env = "prod"')
    )
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
    result = probe("-C", str(tmp_path_factory.mktemp("empty")), does=lambda call: call.environment)
    assert result.exit_code == 1
    assert "There is no resumectl.toml in " in result.stderr
    assert "hint: " in result.stderr


def test_the_options_reach_the_call(probe):
    probe("-q", "-v", "--json", "--more")
    call = probe.calls[-1]
    assert (call.command, call.quiet, call.verbose, call.json) == ("probe", True, True, True)


def test_a_document_is_shown_by_the_page_of_its_command(project):
    rows = [
        {"part": "site", "key": f"{number}.html", "action": "create", "fields": []}
        for number in range(20)
    ]
    probe = Probe("plan")
    short, long = (
        probe(*arguments, does=lambda call: Outcome({"changes": rows})).stdout
        for arguments in ((), ("-v",))
    )
    assert "0.html" in short
    assert ("9.html" in long, len(long) > len(short)) == (True, True)
    assert probe(does=lambda call: Outcome({"changes": []})).stdout.startswith("Nothing to deploy")


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
def test_progress_depends_on_who_watches(monkeypatch, options, terminal, term, kind):
    monkeypatch.setenv("TERM", term)
    with monkeypatch.context() as patch:
        if terminal:
            patch.setattr(sys, "stderr", Terminal())
        assert type(command.Call("probe", **options).steps.progress) is kind


@pytest.mark.parametrize("writes", [False, True])
def test_the_steps_of_a_writing_command_stay_on_the_screen(monkeypatch, writes):
    monkeypatch.setenv("TERM", "xterm")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", screen := Terminal())
        with command.Call("probe", writes=writes).steps(Step("do", "Do it")):
            pass
    assert ("✓" in screen.getvalue()) is writes


# --- GitHub Actions


def test_on_github_actions_there_is_a_summary_and_annotations(probe, project):
    summary = project / "summary.md"
    does = failing(Refused("No.", hint="Yes."))
    result = probe(does=does, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "::error title=resumectl probe local::No." in result.stderr
    assert "No." in summary.read_text()


# --- the real command line


def test_no_arguments_show_the_help(run):
    help_text = run().output
    assert "Usage: resumectl" in help_text
    assert "deploy" in help_text


@pytest.mark.parametrize(
    "arguments", [["package"], ["plan"], ["deploy", "--yes"], ["status"], ["local", "status"]]
)
def test_every_command_needs_a_project(run, arguments, tmp_path):
    result = run("-C", str(tmp_path), *arguments)
    assert result.exit_code == 1
    assert f"There is no resumectl.toml in {tmp_path}" in result.stderr


def test_the_folder_can_stand_before_or_after_the_command(run, tmp_path):
    for arguments in (("-C", str(tmp_path), "package"), ("package", "-C", str(tmp_path))):
        assert f"There is no resumectl.toml in {tmp_path}" in run(*arguments).stderr


def test_the_document_names_command_and_group(document, tmp_path):
    schema = document("local", "status", "-C", str(tmp_path))["schema"]
    assert schema == "resumectl/local-status/v1"


@pytest.mark.parametrize(
    "arguments",
    [["deploy", "--only", "frontend"], ["rollback", "0"], ["history", "-n", "0"], ["destory"]],
)
def test_a_wrong_value_is_a_usage_error(run, project, arguments):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
