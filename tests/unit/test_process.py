from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from resumectl import process
from resumectl.process import Process

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


# --- which process this is

HERE = Process("here", 42, "1000", "boot-1", "pid:[1]")


@pytest.fixture
def proc(tmp_path):
    """A /proc of a machine on which this process runs."""
    (tmp_path / "sys" / "kernel" / "random").mkdir(parents=True)
    (tmp_path / "sys" / "kernel" / "random" / "boot_id").write_text("boot-1\n")
    (tmp_path / "self" / "ns").mkdir(parents=True)
    (tmp_path / "self" / "ns" / "pid").symlink_to("pid:[4026531836]")
    (tmp_path / str(os.getpid())).mkdir()
    fields = " ".join(str(field) for field in range(4, 53))
    (tmp_path / str(os.getpid()) / "stat").write_text(f"5 (python) S {fields}")
    return tmp_path


def test_the_current_process_knows_its_boot_and_pid_namespace(proc):
    expected = Process(socket.gethostname(), os.getpid(), "22", "boot-1", "pid:[4026531836]")
    assert process.current(proc) == expected


def test_where_the_system_does_not_say_boot_and_namespace_are_empty(proc):
    (proc / "sys" / "kernel" / "random" / "boot_id").unlink()
    (proc / "self" / "ns" / "pid").unlink()
    current = process.current(proc)
    assert (current.boot, current.namespace, current.started) == ("", "", "22")


def test_the_current_process_can_see_itself_and_is_alive():
    current = process.current()
    assert current.can_see(process.current())
    assert process.alive(current.pid, current.started)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_child_is_in_the_same_namespace_but_another_process():
    code = "import json, resumectl.process as p; print(json.dumps(vars(p.current())))"
    run = [sys.executable, "-c", code]
    shown = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    child, parent = Process(**json.loads(shown)), process.current()
    assert parent.boot
    assert parent.namespace
    assert parent.can_see(child)
    assert (child.pid, child.started) != (parent.pid, parent.started)


def test_without_a_known_boot_no_other_process_can_be_seen():
    """Two machines can have the same host name."""
    nowhere = replace(HERE, boot="", namespace="")
    assert not nowhere.can_see(replace(nowhere, pid=7))


def test_the_uptime_counts_while_the_machine_sleeps():
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    before = time.clock_gettime(clock)
    assert before <= process.uptime() <= time.clock_gettime(clock)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_process_in_another_pid_namespace_cannot_be_seen_whatever_proc_it_has():
    """A container shows its own /proc, `unshare --pid` alone the one of its host."""
    code = "import json, resumectl.process as p; print(json.dumps(vars(p.current())))"
    for more in ([], ["--mount-proc"]):
        unshare = ["unshare", "--pid", "--fork", *more, sys.executable, "-c", code]
        done = subprocess.run(unshare, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip("needs the right to make a PID namespace")
        inside, here = Process(**json.loads(done.stdout)), process.current()
        assert (inside.host, inside.boot) == (here.host, here.boot)
        assert not here.can_see(inside)
        assert not inside.can_see(here)


def test_another_process_of_this_machine_can_be_seen():
    assert HERE.can_see(replace(HERE, pid=7, started="5"))


@pytest.mark.parametrize(
    "other", [{"host": "there"}, {"boot": "boot-2"}, {"boot": ""}, {"namespace": "pid:[2]"}]
)
def test_a_process_of_another_machine_boot_or_namespace_cannot_be_seen(other):
    """Its pid may belong to some other process here."""
    assert not HERE.can_see(replace(HERE, **other))
    assert not replace(HERE, **other).can_see(HERE)
