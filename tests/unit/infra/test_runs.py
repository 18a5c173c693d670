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
    made = runs.folder(tmp_path)
    made.mkdir(parents=True)
    return made


def lock_time(seconds):
    """As Terraform writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def test_every_process_has_a_folder_of_its_own(tmp_path):
    assert runs.folder(tmp_path) == tmp_path / "run" / str(os.getpid())


def test_an_apply_is_on_record_until_it_ended_well(tmp_path, run):
    assert runs.unfinished(tmp_path) == []
    runs.begin(run)
    (found,) = runs.unfinished(tmp_path)
    assert (found.run, found.pid) == (run, None)
    assert found.began == pytest.approx(time.time(), abs=60)
    runs.began(run, os.getpid())
    (found,) = runs.unfinished(tmp_path)
    assert (found.pid, found.started) == (os.getpid(), process.started(os.getpid()))
    runs.end(run)
    assert runs.unfinished(tmp_path) == []


def test_what_was_not_begun_is_not_put_on_record(tmp_path, run):
    """As with a plan."""
    runs.began(run, os.getpid())
    runs.end(run)
    assert runs.unfinished(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"began": "x", "pid": 1, "started": ""}'])
def test_a_record_that_cannot_be_read_is_passed_over(tmp_path, run, text):
    (run / "apply.json").write_text(text)
    assert runs.unfinished(tmp_path) == []


def test_a_terraform_that_outlived_us_is_waited_for(tmp_path, run):
    with subprocess.Popen(
        WAITS_FOR_INPUT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        runs.begin(run)
        runs.began(run, child.pid)
        (found,) = runs.unfinished(tmp_path)
        assert found.alive
        waiter = threading.Thread(target=found.wait)
        waiter.start()
        child.stdin.close()
        waiter.join(10)
        assert not waiter.is_alive()
    assert not found.alive
    found.forget()
    assert runs.unfinished(tmp_path) == []


def test_a_terraform_that_never_came_on_record_is_known_by_its_log(tmp_path, run):
    """We were killed between starting it and writing down its number: it holds the log that it inherited."""
    runs.begin(run)
    with (run / runs.LOG).open("wb") as log:
        runs.claim(log)
        child = subprocess.Popen(WAITS_FOR_INPUT, stdin=subprocess.PIPE, stdout=log, stderr=log)
    (found,) = runs.unfinished(tmp_path)
    with child:
        assert found.alive
    assert not found.alive


def test_another_process_with_its_number_is_not_terraform(run):
    assert not runs.Unfinished(run, 0.0, os.getpid(), "1").alive
    assert not runs.Unfinished(run, 0.0, None, "").alive


@pytest.mark.parametrize(
    ("taken", "ours"),
    [(990, False), (999.5, True), (1000, True), (1050, True), (1064, True), (1066, False)],
)
def test_a_state_lock_is_of_an_apply_when_their_times_agree(run, taken, ours):
    """The apply began at 1000, and its last sign of life is of 1050."""
    (run / runs.LOG).touch()
    os.utime(run / runs.LOG, (1050, 1050))
    assert runs.Unfinished(run, 1000.0, None, "").took(lock_time(taken)) is ours


@pytest.mark.parametrize("text", ["", "yesterday"])
def test_a_lock_without_a_time_is_nobodys(run, text):
    (run / runs.LOG).touch()
    assert not runs.Unfinished(run, 0.0, None, "").took(text)


def test_an_apply_without_a_log_took_no_lock(run):
    assert not runs.Unfinished(run, 0.0, None, "").took(lock_time(1))


# --- tidying up


def ended(tmp_path, number, *, age):
    made = tmp_path / "run" / str(number)
    made.mkdir(parents=True)
    os.utime(made, (10_000 - age, 10_000 - age))
    return made


def left(tmp_path):
    return sorted(int(made.name) for made in (tmp_path / "run").iterdir())


def test_only_the_newest_folders_are_kept(tmp_path):
    for number in range(1, 10):
        ended(tmp_path, number, age=number)
    runs.prune(tmp_path, lambda pid: False)
    assert left(tmp_path) == [1, 2, 3, 4, 5]


def test_folders_of_what_lives_or_left_something_are_kept(tmp_path):
    for number in range(1, 10):
        ended(tmp_path, number, age=number)
    (tmp_path / "run" / "8" / "apply.json").write_text(json.dumps({}))
    (tmp_path / "run" / "9" / "module").mkdir()
    (tmp_path / "run" / "9" / "module" / ERRORED).touch()
    os.utime(tmp_path / "run" / "8", (1, 1))
    os.utime(tmp_path / "run" / "9", (1, 1))
    runs.prune(tmp_path, lambda pid: pid == 7)
    assert left(tmp_path) == [1, 2, 3, 4, 5, 7, 8, 9]


def test_nothing_to_tidy_up(tmp_path):
    runs.prune(tmp_path)
    assert runs.unfinished(tmp_path) == []
