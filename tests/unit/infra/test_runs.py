from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from resumectl import process
from resumectl.infra import runs
from resumectl.infra.configuration import ERRORED
from resumectl.process import Process

WAITS_FOR_INPUT = [sys.executable, "-S", "-c", "input()"]


@pytest.fixture
def run(tmp_path):
    """The folder of this process."""
    folder = runs.folder(tmp_path, process.current())
    folder.mkdir(parents=True)
    return folder


def lock_time(seconds):
    """As Terraform writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def test_every_process_has_a_folder_of_its_own(tmp_path):
    one = Process("laptop", 7, "123", "boot-1", "pid:[1]")
    others = [
        replace(one, pid=8),
        replace(one, started="124"),  # the PID was reused
        replace(one, namespace="pid:[2]"),  # another container on the same checkout
        replace(one, boot="boot-2"),
        replace(one, host="ci"),
    ]
    folders = {runs.folder(tmp_path, each) for each in (one, *others)}
    assert len(folders) == 6
    assert {folder.parent for folder in folders} == {tmp_path / "run"}


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

OWN = Process("laptop", 100, "1", "boot-1", "pid:[1]")


def exited(work, *, age, pid=1, **differs):
    """The folder of a process that began at "1"."""
    folder = runs.folder(work, replace(OWN, pid=pid, **differs))
    folder.mkdir(parents=True)
    time_ = time.time() - age
    os.utime(folder, (time_, time_))
    return folder


def left(work, running=()):
    """The PIDs of the folders that are left by a process of which the `running` ones are seen."""
    own = runs.folder(work, OWN)
    own.mkdir(parents=True)
    runs.prune(own, lambda pid: "1" if pid in running else "")
    return sorted(int(folder.name.split("-")[0]) for folder in own.parent.iterdir())


def test_only_the_newest_folders_are_kept(tmp_path):
    for number in range(1, 10):
        exited(tmp_path, pid=number, age=number)
    assert left(tmp_path) == [1, 2, 3, 4, 5, 100]


def test_folders_of_live_processes_and_of_unfinished_business_are_kept(tmp_path):
    folders = [exited(tmp_path, pid=number, age=number) for number in range(1, 10)]
    (folders[7] / "apply.json").write_text(json.dumps({}))
    (folders[8] / "module").mkdir()
    (folders[8] / "module" / ERRORED).touch()
    for folder in folders[7:]:
        os.utime(folder, (1, 1))
    assert left(tmp_path, running=[7]) == [1, 2, 3, 4, 5, 7, 8, 9, 100]


def test_a_reused_pid_keeps_no_folder(tmp_path):
    for number in range(1, 7):
        exited(tmp_path, pid=number, age=number, started="0")
    assert left(tmp_path, running=[6]) == [1, 2, 3, 4, 5, 100]


@pytest.mark.parametrize(
    "elsewhere", [{"namespace": "pid:[2]"}, {"boot": "boot-2"}, {"host": "ci"}]
)
def test_folders_of_processes_that_cannot_be_seen_are_kept_for_a_day(tmp_path, elsewhere):
    for number in range(1, 8):
        exited(tmp_path, pid=number, age=20 * 3600 + number, **elsewhere)
    for number in range(11, 18):
        exited(tmp_path, pid=number, age=30 * 3600 + number, **elsewhere)
    assert left(tmp_path) == [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 100]
