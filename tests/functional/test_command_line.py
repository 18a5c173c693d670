"""What every command promises: exit codes, one JSON document, an honest end whoever ends it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from resumectl import __version__
from resumectl.cli import app
from resumectl.errors import Exit
from tests.commands import commands
from tests.e2e.project import ROOT, Run

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = [command.name.split()[1:] for command in commands() if not command.is_group]
USAGE = [
    *(
        ["deplyo"],
        ["--nope"],
        ["plan", "--nope"],
        ["plan", "extra"],
        ["deploy", "--only", "everything"],
    ),
    *(["deploy", "--wait", "-1"], ["deploy", "-m"], ["history", "-n", "0"], ["rollback", "zero"]),
    *(["rollback", "0"], ["local", "begin"], ["local", "start", "--port", "80"], ["-C"]),
]


def process(project: Path, *args: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "resumectl", *args],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        text=True,
        **{"stderr": subprocess.PIPE, **options},
    )


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Have `package` meet an error that nobody expects."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(hashlib, "sha256", fail)


@pytest.mark.parametrize("args", USAGE, ids=" ".join)
def test_a_wrong_command_line_is_exit_code_2(
    resumectl: Callable[..., Run], args: list[str]
) -> None:
    done = resumectl(*args)

    assert (done.code, done.out) == (2, ""), done
    assert "Error: " in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("args", "said"), [([], "Start with: resumectl deploy"), (["local"], "reset   Stop the")]
)
def test_without_a_command_there_is_help(args: list[str], said: str) -> None:
    done = CliRunner().invoke(app, args, prog_name="resumectl")

    assert done.exit_code == 2
    assert said in done.stderr + done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_without_a_project(command: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["-C", str(tmp_path), *command, "--help"], prog_name="resumectl")

    assert (done.exit_code, done.stderr) == (0, "")
    assert f"Usage: resumectl {' '.join(command)} [OPTIONS]" in done.stdout


def test_the_version() -> None:
    for args in (["--version"], ["-C", "/nowhere", "--version"]):
        done = CliRunner().invoke(app, args, prog_name="resumectl")
        assert (done.exit_code, done.stdout) == (0, f"resumectl {__version__}\n")


def test_json_is_one_document_and_talk_goes_to_stderr(resumectl: Callable[..., Run]) -> None:
    done = resumectl("package", "--json")

    assert (done.code, done.json["ok"]) == (0, True)
    assert re.search(r"ok +\d+\.\d s  Package the function", done.err)
    assert resumectl("package", "--json", "--quiet").err == ""


def test_the_project_is_named_before_or_after_the_command(project: Path, tmp_path: Path) -> None:
    for args in (
        ["-C", str(project), "package"],
        ["package", "-C", str(project)],
        ["-C", "/no", "package", "-C", "."],
    ):
        done = process(
            project if "/no" in args else tmp_path, *args, "--json", stdout=subprocess.PIPE
        )
        out, err = done.communicate()
        assert (done.returncode, json.loads(out)["files"]) == (0, ["counter.py"]), err


@pytest.mark.parametrize("as_json", [False, True], ids=["plain", "json"])
def test_a_bug_of_ours_is_one_line_and_a_file(
    resumectl: Callable[..., Run], project: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    failing(monkeypatch, ZeroDivisionError("division by zero"))
    done = resumectl("package", "-q", *(["--json"] if as_json else []))
    error, hint = done.err.splitlines()
    (log,) = (project / ".resumectl").glob("crash-*.log")

    assert done.code == 70
    assert error == "error: This is a bug in resumectl: ZeroDivisionError: division by zero"
    assert str(log) in hint
    assert "Traceback (most recent call last)" in log.read_text()
    assert not as_json or done.json["error"]["code"] == "bug"


REFUSED = {
    "full": (errno.ENOSPC, "Free some disk space"),
    "read-only": (errno.EROFS, "Make the file system writable"),
    "not ours": (errno.EACCES, "Check who owns it"),
    "quota": (errno.EDQUOT, "Free some of your disk quota"),
}


@pytest.mark.parametrize(("number", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_this_machine_refuses_is_no_bug_of_ours(
    resumectl: Callable[..., Run],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    hint: str,
) -> None:
    failing(monkeypatch, OSError(number, os.strerror(number), "/x/.resumectl/env"))
    done = resumectl("package", "-q", "--json")

    assert (done.code, done.json["error"]["code"]) == (1, "machine"), done
    assert done.json["error"]["message"] == f"/x/.resumectl/env: {os.strerror(number)}."
    assert done.json["error"]["hint"].startswith(hint)
    assert list((project / ".resumectl").glob("crash-*")) == []


def test_an_os_error_without_a_reason_is_a_bug(
    resumectl: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, OSError("what is this"))
    assert resumectl("package", "-q").code == Exit.BUG


READING = [["status"], ["history"], ["plan"], ["doctor"], ["local", "status"], ["drift"], ["smoke"]]


@pytest.mark.parametrize("args", READING, ids=" ".join)
@pytest.mark.parametrize("env", ["local", "prod"])
def test_a_work_folder_that_is_a_file_is_no_bug_of_ours(
    resumectl: Callable[..., Run], project: Path, account: object, args: list[str], env: str
) -> None:
    (project / ".resumectl").write_text("not a folder")
    if args[0] == "local" and env == "prod":
        pytest.skip("there is one embedded cloud")
    done = resumectl(*args, "-e", env, "--json")

    assert done.code != Exit.BUG, done
    assert "Traceback" not in done.err


@pytest.mark.parametrize("as_json", [False, True], ids=["plain", "json"])
def test_an_interrupted_command_says_so(
    resumectl: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    done = resumectl("package", "-q", *(["--json"] if as_json else []))

    assert done.code == 130
    assert done.err.splitlines()[0] == "error: Interrupted."
    assert not as_json or done.json["error"]["code"] == "interrupted"


@pytest.mark.parametrize(
    "args", [["package"], ["package", "--json"], ["package", "--help"], ["--version"], ["--help"]]
)
def test_a_reader_that_has_gone_is_no_drama(project: Path, args: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with process(project, *args, stdout=writing) as running:
        os.close(writing)
        _, err = running.communicate(timeout=60)

    assert "Traceback" not in err
    assert "BrokenPipe" not in err
    assert running.returncode == Exit.UNREAD == 141


def test_a_reader_of_progress_that_has_gone_stops_nothing(project: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with process(project, "package", stdout=subprocess.DEVNULL, stderr=writing) as running:
        os.close(writing)
        running.communicate(timeout=60)

    assert running.returncode == 0


@pytest.mark.parametrize("args", [["package"], ["package", "--json"], ["--help"], ["--version"]])
def test_a_full_disk_behind_stdout_is_told(project: Path, args: list[str]) -> None:
    with (
        Path("/dev/full").open("w") as full,
        process(project, *args, stdout=full) as running,
    ):
        _, err = running.communicate(timeout=60)

    assert running.returncode == 1
    assert err.splitlines()[-1] == "error: Could not write the output: No space left on device."


def test_closed_streams_are_no_bug(project: Path) -> None:
    command = '"$@" <&- >&- 2>&-'
    arguments = [sys.executable, "-m", "resumectl", "package"]
    done = subprocess.run(
        ["sh", "-c", command, "sh", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )

    assert done.returncode == 0
    assert list((project / ".resumectl").glob("crash-*")) == []


@pytest.mark.parametrize(
    "broken", [False, True], ids=["failed", "with-a-summary-that-cannot-be-written"]
)
def test_on_github_a_failure_is_annotated(
    resumectl: Callable[..., Run],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    broken: bool,
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/nowhere/summary.md" if broken else str(summary))
    (project / "lambda_src" / "counter.py").write_text("import nosuch\n")
    done = resumectl("package", "--json")

    assert (done.code, done.json["error"]["code"]) == (1, "build")
    assert any(line.startswith("::error") for line in done.err.splitlines()), done
    assert broken or "nosuch" in summary.read_text()


def test_doctor_names_what_is_missing(
    resumectl: Callable[..., Run], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESUMECTL_TERRAFORM", "/nowhere/terraform")
    (project / "lambda_src" / "counter.py").unlink()
    done = resumectl("doctor", "-e", "prod", "--json")
    checks = {check["name"]: check for check in done.json["checks"]}

    assert (done.code, done.json["ok"]) == (1, False)
    assert {
        name for name in ("terraform", "function", "credentials") if checks[name]["ok"]
    } == set()
    assert {name for name in ("resumectl", "site", "git") if not checks[name]["ok"]} == set()
    assert "/nowhere/terraform" in checks["terraform"]["detail"]


def test_nobody_answers_for_an_environment_that_is_not_deployed(
    resumectl: Callable[..., Run], account: object
) -> None:
    for args in (
        ["drift"],
        ["smoke"],
        ["rollback", "--yes"],
        ["deploy", "--only", "site", "--yes"],
    ):
        done = resumectl(*args, "-e", "prod")
        assert (done.code, done.out) == (1, ""), done
        assert "error: Environment prod is not deployed yet." in done.err
        assert "hint: resumectl deploy --env prod" in done.err
    assert resumectl("history", "-e", "prod", "--json").json["releases"] == []
    status = resumectl("status", "-e", "prod", "--json")
    assert (status.code, status.json["release"]) == (0, None)


def test_a_stopped_embedded_cloud_is_not_started_to_be_looked_at(
    resumectl: Callable[..., Run], project: Path
) -> None:
    assert resumectl("local", "status", "--json").json["state"] == "stopped"
    assert resumectl("local", "stop", "--json").code == 0
    assert resumectl("status", "--json").json["ok"]
    assert resumectl("local", "status", "--json").json["state"] == "stopped"


def test_a_site_that_cannot_be_reached_is_unseen_in_every_format(
    resumectl: Callable[..., Run], tmp_path: Path
) -> None:
    report = tmp_path / "smoke.xml"
    done = resumectl("smoke", "--url", "http://site.invalid", "--junit", str(report), "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "unseen")
    assert {check["seen"] for check in done.json["checks"]} == {False}
    assert 'failures="0"' in report.read_text()
    assert "<error " in report.read_text()
