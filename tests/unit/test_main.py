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
    assert process.wait() in (0, 1)
    assert "Traceback" not in errors
    process.stderr.close()


def test_a_usage_error_exits_with_2():
    process = run("deploy", "--only", "nope")
    assert (process.returncode, process.stdout) == (2, "")
    assert "nope" in process.stderr


def test_stdout_that_the_parent_closed_is_not_a_traceback():
    process = run("--version", preexec_fn=lambda: os.close(1))
    assert (process.returncode, process.stderr) == (0, "")
