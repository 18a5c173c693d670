from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest

from resumectl import process
from resumectl.infra import runs
from resumectl.infra.configuration import ERRORED

WAITS_FOR_INPUT = [sys.executable, "-S", "-c", "input()"]


@pytest.fixture
def run(tmp_path):
    """The folder of this process."""
    folder = runs.folder(tmp_path, os.getpid())
    folder.mkdir(parents=True)
    return folder


def lock_time(seconds):
    """As Terraform writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def test_every_process_has_a_folder_of_its_own(tmp_path):
    assert runs.folder(tmp_path, 7) == tmp_path / "run" / "7"


def test_an_apply_is_on_record_until_it_ended_well(tmp_path, run):
    assert runs.unfinished(tmp_path) == []
    runs.begin(run)
    (apply,) = runs.unfinished(tmp_path)
    assert (apply.run, apply.pid) == (run, None)
    assert apply.began == pytest.approx(time.time(), abs=60)
    runs.began(run, os.getpid())
    (apply,) = runs.unfinished(tmp_path)
    assert (apply.pid, apply.started) == (os.getpid(), process.started(os.getpid()))
    runs.end(run)
    assert runs.unfinished(tmp_path) == []


def test_a_plan_is_not_put_on_record(tmp_path, run):
    """Nobody began an apply before its Terraform started."""
    runs.began(run, os.getpid())
    runs.end(run)
    assert runs.unfinished(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"began": "x", "pid": 1, "started": ""}'])
def test_an_unreadable_record_is_skipped(tmp_path, run, text):
    (run / "apply.json").write_text(text)
    assert runs.unfinished(tmp_path) == []


def test_waiting_ends_when_a_terraform_that_outlived_us_has_exited(tmp_path, run):
    with subprocess.Popen(
        WAITS_FOR_INPUT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        runs.begin(run)
        runs.began(run, child.pid)
        (apply,) = runs.unfinished(tmp_path)
        assert apply.alive
        waiter = threading.Thread(target=apply.wait)
        waiter.start()
        child.stdin.close()
        waiter.join(60)
        assert not waiter.is_alive()
    assert not apply.alive
    apply.forget()
    assert runs.unfinished(tmp_path) == []


def test_a_terraform_whose_pid_was_not_recorded_is_known_by_its_log(tmp_path, run):
    """We were killed between starting it and recording its PID; it locks the log it inherited."""
    runs.begin(run)
    with (run / runs.LOG).open("wb") as log:
        runs.claim(log)
        child = subprocess.Popen(WAITS_FOR_INPUT, stdin=subprocess.PIPE, stdout=log, stderr=log)
    (apply,) = runs.unfinished(tmp_path)
    with child:
        assert apply.alive
    assert not apply.alive


def test_another_process_with_the_same_pid_is_not_terraform(run):
    assert not runs.Unfinished(run, 0.0, os.getpid(), "1").alive
    assert not runs.Unfinished(run, 0.0, None, "").alive


@pytest.mark.parametrize(
    ("taken", "ours"),
    [(990, False), (999.5, True), (1000, True), (1050, True), (1064, True), (1066, False)],
)
def test_a_state_lock_belongs_to_an_apply_if_their_times_agree(run, taken, ours):
    """The apply began at 1000 and wrote its last line at 1050."""
    (run / runs.LOG).touch()
    os.utime(run / runs.LOG, (1050, 1050))
    assert runs.Unfinished(run, 1000.0, None, "").took(lock_time(taken)) is ours


@pytest.mark.parametrize("text", ["", "yesterday"])
def test_a_lock_without_a_time_belongs_to_no_apply(run, text):
    (run / runs.LOG).touch()
    assert not runs.Unfinished(run, 0.0, None, "").took(text)


def test_an_apply_without_a_log_took_no_lock(run):
    assert not runs.Unfinished(run, 0.0, None, "").took(lock_time(1))


# --- pruning


def exited(tmp_path, number, *, age):
    folder = tmp_path / "run" / str(number)
    folder.mkdir(parents=True)
    os.utime(folder, (10_000 - age, 10_000 - age))


def left(tmp_path):
    return sorted(int(folder.name) for folder in (tmp_path / "run").iterdir())


def test_only_the_newest_folders_are_kept(tmp_path):
    for number in range(1, 10):
        exited(tmp_path, number, age=number)
    runs.prune(tmp_path, lambda pid: False)
    assert left(tmp_path) == [1, 2, 3, 4, 5]


def test_folders_of_live_processes_and_of_unfinished_business_are_kept(tmp_path):
    for number in range(1, 10):
        exited(tmp_path, number, age=number)
    (tmp_path / "run" / "8" / "apply.json").write_text(json.dumps({}))
    (tmp_path / "run" / "9" / "module").mkdir()
    (tmp_path / "run" / "9" / "module" / ERRORED).touch()
    os.utime(tmp_path / "run" / "8", (1, 1))
    os.utime(tmp_path / "run" / "9", (1, 1))
    runs.prune(tmp_path, lambda pid: pid == 7)
    assert left(tmp_path) == [1, 2, 3, 4, 5, 7, 8, 9]


def test_pruning_without_any_folder_does_nothing(tmp_path):
    runs.prune(tmp_path)
    assert runs.unfinished(tmp_path) == []
