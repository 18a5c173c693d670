from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from resumectl import process

WAITS_FOR_INPUT = [sys.executable, "-S", "-c", "input()"]


@contextmanager
def running():
    """A process that runs until its input is closed."""
    with subprocess.Popen(
        WAITS_FOR_INPUT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        yield child


def test_this_process_is_alive():
    assert process.alive(os.getpid(), process.started(os.getpid()))
    assert process.alive(os.getpid(), "")


def test_an_exited_process_is_not_alive():
    with running() as child:
        since = process.started(child.pid)
        assert process.alive(child.pid, since)
    assert not process.alive(child.pid, since)
    assert not process.alive(child.pid, "")
    assert process.started(child.pid) == ""


def test_a_zombie_is_not_alive():
    with running() as child:
        since = process.started(child.pid)
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not process.alive(child.pid, since)


def test_a_reused_pid_is_not_the_same_process():
    assert not process.alive(os.getpid(), "1")


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")
def test_without_proc_the_start_time_comes_from_ps(tmp_path):
    began = process.started(os.getpid(), tmp_path)
    assert began
    assert process.started(os.getpid(), tmp_path) == began
    with running() as child:
        assert process.started(child.pid, tmp_path)
    assert process.started(child.pid, tmp_path) == ""


@pytest.mark.parametrize("stat", ["", "1 (odd", "1 (short) S 1"])
def test_an_unreadable_stat_file_means_no_such_process(tmp_path, stat):
    (tmp_path / "self").mkdir()
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "stat").write_text(stat)
    assert process.started(5, tmp_path) == ""


def test_a_bracket_in_the_program_name_does_not_shift_the_fields(tmp_path):
    (tmp_path / "self").mkdir()
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "stat").write_text(
        "5 (a) b) S " + " ".join(str(field) for field in range(4, 53))
    )
    assert process.started(5, tmp_path) == "22"
