from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from resumectl import process
from resumectl.errors import Exit, Locked
from resumectl.release import lock as module
from resumectl.release.lock import DEAD_AFTER, Held, Holder, Lock

KEY = "locks/prod.json"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ME = {"name": "me", "host": socket.gethostname()}
OTHER = {"name": "ada", "host": "elsewhere", "run": "https://github.com/x/y/actions/runs/1"}
DEAD = {"actor": ME, "started": "1"}
"""Of this machine, and with the number of a living process that began at another time."""


def holder(actor=OTHER, started="1", id_="theirs"):
    return Holder(id_, actor, "deploy", "2026-11-22T09:00:00+00:00", os.getpid(), started)


@pytest.fixture
def lock(s3, bucket):
    return Lock(s3, bucket, "prod")


@pytest.fixture
def put(s3, bucket):
    """Somebody else takes the lock."""

    def write(**who):
        s3.s3.put_object(Bucket=bucket, Key=KEY, Body=json.dumps(asdict(holder(**who))).encode())

    return write


@pytest.fixture
def delete(s3, bucket):
    return lambda: s3.s3.delete_object(Bucket=bucket, Key=KEY)


def hold(lock, note=pytest.fail, wait=0.0):
    return lock.held("deploy", ME, NOW, note, wait)


# --- one holder


def test_the_lock_is_there_while_the_block_runs(lock):
    assert lock.read() is None
    with hold(lock) as dead:
        assert dead is None
        found = lock.read()
        assert found.holder.actor == ME
        assert (found.holder.command, found.holder.time) == ("deploy", "2026-11-22T09:30:00+00:00")
        assert (found.holder.pid, found.holder.started) == (
            os.getpid(),
            process.started(os.getpid()),
        )
        assert not found.gone
    assert lock.read() is None


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_the_lock_is_given_back_whatever_happens(lock, error):
    with pytest.raises(error), hold(lock):
        raise error
    assert lock.read() is None


def test_nobody_else_gets_it_meanwhile(lock, s3, bucket):
    with hold(lock), pytest.raises(Locked) as caught, hold(Lock(s3, bucket, "prod")):
        pytest.fail("two holders")
    assert caught.value.exit_code is Exit.LOCKED == 5
    assert caught.value.message.startswith(
        f"Environment prod is locked by me on {ME['host']} (deploy, since 2026-11-22"
    )
    assert caught.value.hint == "Wait for it to end."
    with hold(lock):
        pass


def test_each_environment_has_a_lock_of_its_own(lock, s3, bucket):
    with hold(lock), hold(Lock(s3, bucket, "test")):
        pass


def test_no_bucket_no_lock(empty_s3):
    assert Lock(empty_s3, "not-there", "prod").read() is None


@pytest.mark.parametrize("call", ["put_object", "get_object"])
def test_any_other_error_is_an_error(lock, s3, put, error_of, call):
    if call == "get_object":
        put()
    s3.fail_at, s3.error = [call], error_of("AccessDenied")
    with pytest.raises(ClientError), hold(lock):
        pytest.fail("no lock was had")


# --- the lock of somebody else


def test_a_process_of_this_machine_that_ended_loses_its_lock(lock, put):
    put(**DEAD)
    notes = []
    with hold(lock, notes.append) as dead:
        assert lock.read().holder.id != "theirs"
        assert dead.id == "theirs"
    assert len(notes) == 1
    assert notes[0].startswith(f"Took over the lock of me on {ME['host']} (deploy, ")
    assert notes[0].endswith("that process has ended.")


def test_a_living_process_of_this_machine_keeps_its_lock(lock, put):
    put(actor=ME, started=process.started(os.getpid()))
    with pytest.raises(Locked), hold(lock):
        pytest.fail("two holders")


@pytest.mark.parametrize(
    ("age", "hint"), [(0, "Wait for it to end."), (DEAD_AFTER + 1, "resumectl unlock --env prod")]
)
def test_another_machine_keeps_its_lock_however_old(lock, s3, put, age, hint):
    put()
    s3.age = age
    with pytest.raises(Locked, match="ada on elsewhere") as caught, hold(lock):
        pytest.fail("two holders")
    assert hint in caught.value.hint
    assert lock.read().holder.id == "theirs"


def test_a_dead_lock_that_somebody_else_took_over_first(lock, s3, put):
    put(**DEAD)
    s3.before["delete_object"] = lambda: put(id_="third")
    with pytest.raises(Locked), hold(lock, lambda line: None):
        pytest.fail("two holders")
    assert lock.read().holder.id == "third"


def test_a_lock_that_becomes_free_just_now(lock, s3, put, delete):
    put()
    s3.before["get_object"] = delete
    with hold(lock):
        assert lock.read().holder.id != "theirs"


# --- waiting


def test_waiting_until_it_is_free(lock, put, delete, monkeypatch):
    monkeypatch.setattr(module, "_POLL", 0.001)
    put()
    notes = []

    def note(line):
        notes.append(line)
        delete()

    with hold(lock, note, wait=60):
        assert lock.read().holder.id != "theirs"
    assert len(notes) == 1
    assert notes[0].startswith("Waiting for the lock of ada on elsewhere")


def test_waiting_has_an_end(lock, put, monkeypatch):
    monkeypatch.setattr(module, "_POLL", 0.001)
    put()
    with pytest.raises(Locked), hold(lock, lambda line: None, wait=0.01):
        pytest.fail("two holders")


# --- answers that are lost


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict"])
def test_a_first_write_whose_answer_was_lost_is_ours(lock, s3, error_of, code):
    """The client tries again by itself, and is told that the lock is taken: by us."""
    s3.fail_at, s3.error, s3.lost = ["put_object"], error_of(code), True
    with hold(lock):
        assert lock.read().holder.actor == ME
    assert lock.read() is None


# --- the heartbeat


class Beats:
    """Waits for the n-th write of the lock."""

    def __init__(self, s3, monkeypatch):
        self._written = threading.Semaphore(0)
        s3.on_call = lambda name: self._written.release() if name == "put_object" else None
        monkeypatch.setattr(module, "HEARTBEAT", 0.005)

    def wait(self, count):
        for _ in range(count):
            assert self._written.acquire(timeout=10)


@pytest.fixture
def beats(s3, monkeypatch):
    return Beats(s3, monkeypatch)


def test_the_holder_writes_the_lock_again_and_again(lock, s3, bucket, beats):
    with hold(lock):
        beats.wait(4)
    versions = s3.s3.list_object_versions(Bucket=bucket, Prefix=KEY)
    assert len(versions["Versions"]) >= 3
    assert lock.read() is None


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "ExpiredToken"])
def test_a_beat_that_fails_is_made_up_for(lock, s3, error_of, beats, code):
    with hold(lock):
        s3.error, s3.fail_at = error_of(code), ["put_object", "put_object"]
        beats.wait(5)
        assert s3.fail_at == []
    assert lock.read() is None


def test_a_network_that_is_gone_for_a_beat(lock, s3, beats):
    with hold(lock):
        s3.error, s3.fail_at = EndpointConnectionError(endpoint_url="x"), ["put_object"]
        beats.wait(4)
    assert lock.read() is None


def test_a_beat_whose_answer_was_lost_is_ours(lock, s3, beats):
    with hold(lock):
        beats.wait(1)
        s3.lost, s3.fail_at = True, ["put_object"]
        beats.wait(4)
    assert lock.read() is None


def test_a_beat_that_cannot_even_look_goes_on(lock, s3, error_of, beats):
    with hold(lock):
        s3.lost, s3.fail_at = True, ["put_object", "get_object"]
        beats.wait(4)
        assert s3.fail_at == []
    assert lock.read() is None


# --- a lock that was stolen


def test_a_stolen_lock_is_neither_written_nor_deleted(lock, put, beats):
    with hold(lock):
        (beat,) = (thread for thread in threading.enumerate() if thread.name == "lock-heartbeat")
        beats.wait(1)
        put()
        stolen = lock.read()
        beat.join(10)
        assert not beat.is_alive()
    found = lock.read()
    assert (found.holder.id, found.etag) == ("theirs", stolen.etag)


def test_a_lock_that_was_deleted_is_no_trouble(lock, delete):
    with hold(lock):
        delete()
    assert lock.read() is None


@pytest.mark.parametrize("error", [None, ZeroDivisionError])
def test_a_lock_that_cannot_be_given_back_changes_nothing_else(lock, s3, error):
    """What was done is done, and an error of the block is the one that counts; the lock is found dead later."""
    notes = []
    s3.error = EndpointConnectionError(endpoint_url="x")
    with pytest.raises(error) if error else nullcontext(), hold(lock, notes.append):
        s3.fail_at = ["delete_object"]
        if error:
            raise error
    assert len(notes) == 1
    assert "could not be given back" in notes[0]


def test_releasing_needs_the_very_lock(lock, put):
    put()
    found = lock.read()
    put(id_="third")
    assert not lock.release(found.etag)
    assert lock.release(lock.read().etag)
    assert lock.read() is None


# --- what is said about it


def test_how_old_a_sign_of_life_is_is_told_by_s3s_own_clock(lock, s3, put):
    put()
    s3.age = 75
    assert lock.read().age == 75
    s3.age = -5
    assert lock.read().age == 0


@pytest.mark.parametrize(
    ("gone", "age", "dead"),
    [(False, 0, False), (False, 90, False), (False, 91, True), (True, 0, True)],
)
def test_when_a_holder_is_called_dead(gone, age, dead):
    assert Held(holder(), "etag", age, gone=gone).dead is dead


@pytest.mark.parametrize(
    ("age", "said"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "60 min"), (5400, "1.5 h")]
)
def test_one_line_says_who_where_what_and_since_when(age, said):
    line = Held(holder(), "etag", age, gone=False).describe()
    assert line == (
        f"ada on elsewhere (deploy, since 2026-11-22T09:00:00+00:00, last sign {said} ago, {OTHER['run']})"
    )
