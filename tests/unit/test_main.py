from __future__ import annotations

import subprocess
import sys

from resumectl import __main__, __version__


def run(*arguments, **options):
    command = [sys.executable, "-m", "resumectl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_version_is_data_on_stdout(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["resumectl", "--version"])
    __main__.main()
    assert capsys.readouterr() == (f"resumectl {__version__}\n", "")


def test_the_slow_way_says_the_same():
    done = run("-C", ".", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"resumectl {__version__}\n", "")


def test_a_reader_that_went_away_is_no_bug():
    whole = subprocess.Popen(
        [sys.executable, "-u", "-m", "resumectl", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    whole.stdout.close()
    said = whole.stderr.read()
    assert whole.wait() in (0, 1)
    assert "Traceback" not in said
    whole.stderr.close()


def test_what_cannot_be_understood_is_exit_code_2():
    done = run("deploy", "--only", "nope")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nope" in done.stderr
