from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from resumectl import process

WAITS_FOR_INPUT = [sys.executable, "-S", "-c", "input()"]


@contextmanager
def living():
    """A process that lives until its input is closed."""
    with subprocess.Popen(WAITS_FOR_INPUT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        yield child


def write(folder, pid, started):
    folder.mkdir(parents=True)
    (folder / "job.pid").write_text(json.dumps({"pid": pid, "started": started}))


def test_this_process_is_alive():
    assert process.alive(os.getpid(), process.started(os.getpid()))
    assert process.alive(os.getpid(), "")


def test_a_process_that_ended_is_not_alive():
    with living() as child:
        since = process.started(child.pid)
        assert process.alive(child.pid, since)
    assert not process.alive(child.pid, since)
    assert not process.alive(child.pid, "")
    assert process.started(child.pid) == ""


def test_a_zombie_is_not_alive():
    with living() as child:
        since = process.started(child.pid)
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not process.alive(child.pid, since)


def test_another_process_with_the_same_number_is_not_the_one():
    assert not process.alive(os.getpid(), "1")


def test_a_process_is_recorded_while_the_block_runs(tmp_path):
    file = tmp_path / "job.pid"
    with process.recorded(file, os.getpid()):
        assert json.loads(file.read_text()) == {"pid": os.getpid(), "started": process.started(os.getpid())}
    assert not file.exists()


def test_an_interrupted_block_leaves_the_record(tmp_path):
    file = tmp_path / "job.pid"
    with pytest.raises(KeyboardInterrupt), process.recorded(file, os.getpid()):
        raise KeyboardInterrupt
    assert file.exists()


def test_what_was_left_behind_is_waited_for(tmp_path):
    notes = []
    with living() as child:
        write(tmp_path / "1", child.pid, process.started(child.pid))

        def note(line):
            notes.append(line)
            child.stdin.close()

        began = process.await_all(tmp_path, "job.pid", note, "Waiting.")
        assert not process.alive(child.pid, process.started(child.pid) or "gone")
    assert notes == ["Waiting."]
    assert began == pytest.approx(tmp_path.stat().st_mtime, abs=60)
    assert not (tmp_path / "1" / "job.pid").exists()


def test_what_has_ended_is_forgotten_without_a_word(tmp_path):
    write(tmp_path / "1", os.getpid(), "1")
    write(tmp_path / "2", os.getpid(), "1")
    os.utime(tmp_path / "1" / "job.pid", (1000, 1000))
    os.utime(tmp_path / "2" / "job.pid", (500, 500))
    assert process.await_all(tmp_path, "job.pid", pytest.fail, "Waiting.") == 1000
    assert process.await_all(tmp_path, "job.pid", pytest.fail, "Waiting.") is None


@pytest.mark.parametrize("text", ["", "{", "\xff"])
def test_a_record_that_was_cut_short_is_passed_over(tmp_path, text):
    write(tmp_path / "1", 0, "")
    (tmp_path / "1" / "job.pid").write_text(text, encoding="latin-1")
    assert process.await_all(tmp_path, "job.pid", pytest.fail, "Waiting.") is None


def test_no_folder_is_nothing_to_wait_for(tmp_path):
    assert process.await_all(tmp_path / "none", "job.pid", pytest.fail, "Waiting.") is None
