from __future__ import annotations

import os
import subprocess
import sys

from resumectl import __main__, __version__


def run(*arguments, **options):
    command = [sys.executable, "-m", "resumectl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_version_goes_to_stdout(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["resumectl", "--version"])
    __main__.main()
    assert capsys.readouterr() == (f"resumectl {__version__}\n", "")


def test_version_behind_another_option_is_the_same():
    process = run("-C", ".", "--version")
    assert (process.returncode, process.stdout, process.stderr) == (
        0,
        f"resumectl {__version__}\n",
        "",
    )


def test_a_closed_pipe_is_not_a_traceback():
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "resumectl", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    errors = process.stderr.read()
    assert process.wait() in (0, 141)
    assert "Traceback" not in errors
    process.stderr.close()


def test_a_usage_error_exits_with_2():
    process = run("deploy", "--only", "nope")
    assert (process.returncode, process.stdout) == (2, "")
    assert "nope" in process.stderr


def test_stdout_that_the_parent_closed_is_not_a_traceback():
    process = run("--version", preexec_fn=lambda: os.close(1))
    assert (process.returncode, process.stderr) == (0, "")


def test_a_system_without_fcntl_is_told_to_be_unsupported():
    """Windows."""
    code = "import sys; sys.modules['fcntl'] = None; from resumectl.__main__ import main; main()"
    command = [sys.executable, "-c", code]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (1, "")
    error, hint = process.stderr.splitlines()
    assert error == "error: resumectl needs Linux or macOS."
    assert "WSL" in hint
