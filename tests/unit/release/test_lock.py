from __future__ import annotations

import json
import threading
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from resumectl.errors import Exit, Locked, TerraformError
from resumectl.fence import Fence
from resumectl.process import Process, current
from resumectl.release.lease import HEARTBEAT, LEASE
from resumectl.release.lock import DEAD_AFTER, Held, Holder, Lock
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault, Faults

KEY = "locks/prod.json"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ACTOR = {"name": "me", "host": "here"}
WAIT = "Wait for it to finish (deploy and rollback: add --wait 600)."
OTHER = {"name": "ada", "host": "elsewhere", "run": "https://github.com/x/y/actions/runs/1"}
ME = Process("here", 42, "1000", "boot-1", "pid:[1]")
THEIRS = Holder(
    "theirs", OTHER, "deploy", "2026-11-22T09:00:00+00:00", Process("elsewhere", 42, "1000")
)
CRASHED = replace(THEIRS, actor=ACTOR, process=replace(ME, pid=7))
"""A command of this machine, in our PID namespace."""

GENEROUS = 120
"""Seconds after which a test gives up waiting, however busy the machine."""


def exited(pid, started):
    return False


def running(pid, started):
    return True


class Beats(Faults):
    """Counts the writes of the lock since the last fault was added, and waits for more."""

    def add(self, *faults):
        self._written = threading.Semaphore(0)
        super().add(*faults)

    def at(self, call, key, program=""):
        fault = super().at(call, key)
        if call == "put_object":
            self._written.release()
        return fault

    def wait(self, count):
        for _ in range(count):
            assert self._written.acquire(timeout=GENEROUS)


@pytest.fixture
def faults():
    return Beats()


@pytest.fixture
def lock_of(bucket, aws):
    """A lock of prod; by default no beat comes during a test."""

    def make(bucket=bucket, alive=exited, heartbeat=3600.0, poll=0.001, fence=None):
        clock = aws.clock.monotonic
        return Lock(bucket, ME, fence, alive=alive, clock=clock, heartbeat=heartbeat, poll=poll)

    return make


@pytest.fixture
def lock(lock_of):
    return lock_of()


@pytest.fixture
def take(put):
    """Somebody else takes the lock."""
    return lambda holder=THEIRS: put(KEY, json.dumps(asdict(holder)).encode())


@pytest.fixture
def delete(others, bucket):
    return lambda: others.delete_object(Bucket=bucket.name, Key=KEY)


def hold(lock, note=pytest.fail, wait=0.0):
    return lock.held("deploy", ACTOR, NOW, note, wait)


# --- one holder


def test_the_lock_is_there_while_the_block_runs(lock_of):
    lock = lock_of(alive=running)
    assert lock.read() is None
    with hold(lock) as crashed:
        assert crashed is None
        held = lock.read()
        assert held.holder.actor == ACTOR
        assert held.holder.command == "deploy"
        assert held.holder.time == "2026-11-22T09:30:00+00:00"
        assert held.holder.process == ME
        assert not held.gone
        assert not held.dead
    assert lock.read() is None


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_the_lock_is_released_whatever_happens(lock, error):
    with pytest.raises(error), hold(lock):
        raise error
    assert lock.read() is None


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("call", ["put_object", "delete_object"])
@pytest.mark.parametrize("kind", ["interrupt-before", "interrupt-after"])
def test_ctrl_c_while_the_lock_is_taken_or_released_leaves_none(lock, faults, kind, call):
    """Others would wait for it until it shows no sign of life."""
    faults.add(Fault(kind, call=call))
    with pytest.raises(KeyboardInterrupt), hold(lock):
        pass
    assert faults.met
    assert lock.read() is None


def test_a_lock_whose_response_was_lost_is_given_up(lock, faults):
    faults.add(Fault("lose", call="put_object"))
    with pytest.raises(ConnectionClosedError), hold(lock):
        pass
    assert faults.met
    assert lock.read() is None


def test_nobody_else_gets_it_meanwhile(lock_of):
    lock = lock_of(alive=running)
    with hold(lock), pytest.raises(Locked) as caught, hold(lock_of(alive=running)):
        pytest.fail("two holders")
    assert caught.value.exit_code is Exit.LOCKED == 5
    assert caught.value.message.startswith(
        "Environment prod is locked by me on here (deploy, since 2026-11-22T09:30:00+00:00, "
    )
    assert caught.value.hint == WAIT
    with hold(lock):
        pass


def test_each_command_has_an_id_of_its_own(lock):
    ids = set()
    for _ in range(2):
        with hold(lock):
            ids.add(lock.read().holder.id)
    assert len(ids) == 2


def test_each_environment_has_a_lock_of_its_own(lock, lock_of, bucket_of):
    with hold(lock), hold(lock_of(bucket_of("test"))):
        pass


def test_without_a_bucket_there_is_no_lock(bucket_of):
    assert Lock(bucket_of("prod"), ME).read() is None


@pytest.mark.parametrize("call", ["put_object", "get_object"])
def test_access_denied_never_means_that_the_lock_is_free(lock, faults, take, call):
    if call == "get_object":
        take()
    faults.add(Fault("refuse", call=call, code="AccessDenied"))
    with pytest.raises(ClientError), hold(lock):
        pytest.fail("no lock was acquired")


# --- the lock of somebody else


def test_the_lock_of_a_crashed_process_is_taken_over(lock, take):
    take(CRASHED)
    notes = []
    with hold(lock, notes.append) as crashed:
        assert lock.read().holder.id != "theirs"
        assert crashed == CRASHED
    assert len(notes) == 1
    assert notes[0].startswith("Took over the lock of me on here (deploy, ")
    assert notes[0].endswith("that process has exited.")


def test_a_running_process_of_this_machine_keeps_its_lock(lock_of, take):
    asked = []

    def alive(pid, started):
        asked.append((pid, started))
        return True

    take(CRASHED)
    with pytest.raises(Locked), hold(lock_of(alive=alive)):
        pytest.fail("two holders")
    assert set(asked) == {(7, "1000")}


def test_a_reused_pid_is_told_from_the_process_that_crashed(bucket, take):
    me = current()
    take(replace(CRASHED, process=me))
    assert not Lock(bucket, me).read().gone
    take(replace(CRASHED, process=replace(me, started="1")))
    assert Lock(bucket, me).read().gone


@pytest.mark.parametrize(
    "place",
    [{"host": "elsewhere"}, {"boot": "boot-0"}, {"boot": ""}, {"namespace": "pid:[2]"}],
    ids=["another machine", "another boot", "an unknown boot", "another PID namespace"],
)
def test_a_process_that_cannot_be_seen_from_here_is_never_called_gone(lock, take, place):
    """Its pid means nothing here, although no process has it."""
    take(replace(CRASHED, process=replace(CRASHED.process, **place)))
    assert not lock.read().gone
    with pytest.raises(Locked), hold(lock):
        pytest.fail("two holders")
    assert lock.read().holder.id == "theirs"


@pytest.mark.parametrize(
    ("age", "hint"),
    [
        (0, WAIT),
        (DEAD_AFTER + 1, "It shows no sign of life: resumectl unlock --env prod"),
    ],
)
def test_another_machine_keeps_its_lock_however_old(lock, aws, take, age, hint):
    take()
    aws.clock.advance(age)
    with pytest.raises(Locked, match="ada on elsewhere") as caught, hold(lock):
        pytest.fail("two holders")
    assert caught.value.hint == hint
    assert lock.read().holder.id == "theirs"


def test_a_crashed_lock_that_somebody_else_took_over_first_is_theirs(lock, faults, take):
    take(CRASHED)
    third = replace(THEIRS, id="third")
    faults.add(Fault("delay", call="delete_object", meanwhile=lambda: take(third)))
    with pytest.raises(Locked), hold(lock, lambda line: None):
        pytest.fail("two holders")
    assert lock.read().holder.id == "third"


def test_a_lock_that_is_freed_meanwhile_is_acquired(lock, faults, take, delete):
    take()
    faults.add(Fault("delay", call="get_object", meanwhile=delete))
    with hold(lock):
        assert lock.read().holder.id != "theirs"


# --- a lock that cannot be read


UNREADABLE = {
    "half a document": json.dumps(asdict(THEIRS)).encode()[:-20],
    "nothing": b"",
    "not text": b"\xff\xfe",
    "a list": b"[]",
    "text": b'"locked"',
    "null": b"null",
    "no process": b'{"id": "x", "actor": {}, "command": "deploy", "time": ""}',
    "a process of another form": json.dumps({**asdict(THEIRS), "process": 42}).encode(),
    "a pid of another form": json.dumps(
        {**asdict(CRASHED), "process": {"host": "here", "pid": "x"}}
    ).encode(),
    "an actor of another form": json.dumps({**asdict(THEIRS), "actor": "ada"}).encode(),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_lock_is_held_by_an_unknown_holder(lock, put, body):
    put(KEY, body)
    held = lock.read()
    assert not held.gone
    assert held.describe() == (
        "an unknown holder (the lock cannot be read, last sign of life 0 s ago)"
    )
    with pytest.raises(Locked, match="locked by an unknown holder"), hold(lock):
        pytest.fail("two holders")
    assert lock.release(held.etag)
    assert lock.read() is None


@pytest.mark.parametrize(("age", "dead"), [(DEAD_AFTER, False), (DEAD_AFTER + 1, True)])
def test_an_unreadable_lock_is_dead_after_a_while(lock, aws, put, age, dead):
    put(KEY, b"{")
    aws.clock.advance(age)
    assert lock.read().dead is dead


def test_keys_that_a_newer_resumectl_added_are_left_alone(lock, put):
    document = asdict(THEIRS)
    document["process"]["cgroup"] = "x"
    put(KEY, json.dumps({**document, "lease": 60}).encode())
    assert lock.read().holder == THEIRS


def test_a_lock_of_an_older_resumectl_without_a_beat_can_be_read(lock, put):
    document = asdict(THEIRS)
    del document["beat"]
    put(KEY, json.dumps(document).encode())
    assert lock.read().holder == THEIRS


# --- waiting


def test_waiting_ends_when_the_lock_is_free(lock, take, delete):
    take()
    notes = []

    def note(line):
        notes.append(line)
        delete()

    with hold(lock, note, wait=GENEROUS):
        assert lock.read().holder.id != "theirs"
    assert len(notes) == 1
    assert notes[0].startswith("Waiting for the lock of ada on elsewhere")


def test_waiting_has_an_end(lock, take):
    take()
    with pytest.raises(Locked), hold(lock, lambda line: None, wait=0.01):
        pytest.fail("two holders")


# --- lost responses


@pytest.mark.parametrize(
    "fault",
    [Fault("repeat"), Fault("lose", error=aws_error("ConditionalRequestConflict"))],
    ids=["the condition fails", "conflict"],
)
def test_a_first_write_whose_response_was_lost_is_ours(lock, faults, fault):
    """botocore retries by itself, and learns that the lock is taken: by us."""
    faults.add(replace(fault, call="put_object"))
    with hold(lock):
        assert lock.read().holder.actor == ACTOR
    assert lock.read() is None


# --- the heartbeat


@pytest.fixture
def beating(lock_of):
    return lock_of(heartbeat=0.001)


def test_each_beat_counts_up_and_changes_the_etag(beating, others, bucket, faults):
    with hold(beating):
        faults.wait(4)
    listed = others.list_object_versions(Bucket=bucket.name, Prefix=KEY)["Versions"]
    bodies = [bucket.read(KEY, row["VersionId"]).body for row in listed]
    counts = [json.loads(body)["beat"] for body in reversed(bodies)]
    assert counts == list(range(len(counts)))
    assert len(counts) >= 4
    assert len({row["ETag"] for row in listed}) == len(listed)
    assert beating.read() is None


def test_a_heartbeat_is_shorter_than_the_time_to_death():
    assert HEARTBEAT * 3 < DEAD_AFTER


@pytest.mark.parametrize(
    "reason",
    [
        *({"code": code} for code in ("SlowDown", "InternalError", "ExpiredToken")),
        {"error": EndpointConnectionError(endpoint_url="x")},
    ],
    ids=["SlowDown", "InternalError", "ExpiredToken", "no network"],
)
def test_a_failed_beat_is_followed_by_the_next(beating, faults, reason):
    with hold(beating):
        faults.add(*(Fault("refuse", at, "put_object", **reason) for at in (1, 2)))
        faults.wait(6)
        assert len(faults.met) == 2
        assert beating.read().holder.actor == ACTOR
    assert beating.read() is None


@pytest.mark.parametrize("more", [(), (Fault("refuse", call="get_object"),)])
def test_a_beat_whose_response_was_lost_does_not_lose_the_lock(beating, faults, more):
    with hold(beating):
        faults.wait(1)
        faults.add(Fault("repeat", call="put_object"), *more)
        faults.wait(6)
        assert len(faults.met) == 1 + len(more)
    assert beating.read() is None


# --- a lost lock


def heartbeats():
    return [each for each in threading.enumerate() if each.name == "lock-heartbeat"]


@pytest.mark.parametrize("body", [json.dumps(asdict(THEIRS)).encode(), b"{"])
def test_a_stolen_lock_is_neither_written_nor_deleted(beating, faults, bucket, put, body):
    with hold(beating):
        (beat,) = heartbeats()
        faults.add(Fault("delay", call="put_object", meanwhile=lambda: put(KEY, body)))
        beat.join(GENEROUS)
        assert not beat.is_alive()
        (stolen, *_) = bucket.versions(KEY)
    assert bucket.read(KEY).body == body
    assert next(bucket.versions(KEY)) == stolen


def test_a_deleted_lock_is_not_written_again(beating, faults, delete):
    with hold(beating):
        (beat,) = heartbeats()
        faults.add(Fault("delay", call="put_object", meanwhile=delete))
        beat.join(GENEROUS)
        assert not beat.is_alive()
    assert beating.read() is None


@pytest.fixture
def fence():
    return Fence()


def test_a_holder_that_slept_and_kept_its_lock_goes_on(lock_of, fence, aws, bucket):
    with hold(lock_of(fence=fence)):
        aws.clock.advance(DEAD_AFTER + 1)
        fence.require()
        assert json.loads(bucket.read(KEY).body)["beat"] == 1
    assert bucket.read(KEY) is None


@pytest.mark.parametrize(
    ("taken", "now"),
    [(True, "it is held by ada on elsewhere"), (False, "somebody released it")],
)
def test_a_holder_that_slept_and_lost_its_lock_is_stopped(
    lock_of, fence, aws, take, delete, taken, now
):
    with hold(lock_of(fence=fence)):
        aws.clock.advance(LEASE)
        take() if taken else delete()
        with pytest.raises(Locked) as caught:
            fence.require()
    line = f"This deploy lost the lock of environment prod: {now}"
    assert caught.value.message.startswith(line)
    assert (caught.value.exit_code, caught.value.code) == (Exit.LOCKED, "lock-lost")
    assert "resumectl status --env prod" in caught.value.hint


LOST = TerraformError("The state is lost.")


def failing(lock, meanwhile, error=LOST):
    """Hold the lock for longer than its lease, and fail for another reason."""
    with hold(lock, note=lambda line: None):
        meanwhile()
        raise error


@pytest.mark.parametrize("error", [LOST, FileNotFoundError("a page"), KeyError("an output")])
def test_an_error_of_a_command_that_lost_its_lock_is_the_lost_lock(lock_of, aws, delete, error):
    """What it met may be what others did meanwhile."""

    def released():
        aws.clock.advance(LEASE)
        delete()

    with pytest.raises(Locked, match="lost the lock"):
        failing(lock_of(), released, error)


def test_an_error_stays_what_it_is_if_the_lock_cannot_be_looked_up(lock_of, aws, faults):
    def unreachable():
        aws.clock.advance(LEASE)
        faults.add(Fault("refuse", lasting=True))

    with pytest.raises(TerraformError, match="The state is lost"):
        failing(lock_of(), unreachable)


def test_a_lock_that_was_renewed_a_moment_ago_is_not_released(lock_of, fence, aws):
    lock = lock_of(fence=fence, alive=running)
    with hold(lock):
        aws.clock.advance(DEAD_AFTER + 1)
        held = lock.read()
        assert held.dead
        fence.require()
        assert not lock.release(held.etag)
        assert not lock.read().dead


@pytest.mark.parametrize("skew", [-3600.0, 3600.0])
def test_how_old_a_lock_is_does_not_depend_on_the_clock_of_a_machine(aws, take, bucket_of, skew):
    take()
    aws.clock.advance(75)
    assert Lock(bucket_of("prod", skew), ME).read().age == 75


def test_no_heartbeat_is_left_behind(beating):
    with hold(beating):
        assert heartbeats()
    assert not heartbeats()


@pytest.mark.parametrize("error", [None, ZeroDivisionError])
def test_a_lock_that_cannot_be_released_is_a_note_and_no_error(lock, faults, error):
    """What was done is done; later the lock is found dead. An error of the block counts more."""
    notes = []
    unreachable = EndpointConnectionError(endpoint_url="x")
    with pytest.raises(error) if error else nullcontext(), hold(lock, notes.append):
        faults.add(Fault("refuse", call="delete_object", error=unreachable))
        if error:
            raise error
    assert len(notes) == 1
    assert notes[0].startswith("Could not release the lock (Could not connect")
    assert notes[0].endswith("Later: resumectl unlock --env prod")


def test_a_lock_that_changed_hands_is_not_released(lock, take):
    take()
    held = lock.read()
    take(replace(THEIRS, id="third"))
    assert not lock.release(held.etag)
    assert lock.release(lock.read().etag)
    assert lock.read() is None


# --- how a lock is described


def test_the_last_sign_of_life_is_dated_by_s3s_own_clock(lock, aws, take):
    take()
    aws.clock.advance(75)
    assert lock.read().age == 75


@pytest.mark.parametrize(
    ("gone", "age", "dead"),
    [(False, 0, False), (False, 90, False), (False, 91, True), (True, 0, True)],
)
def test_a_holder_is_dead_once_it_exited_or_fell_silent(gone, age, dead):
    assert Held(THEIRS, "etag", age, gone=gone).dead is dead


@pytest.mark.parametrize(
    ("age", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "60 min"), (5400, "1.5 h")]
)
def test_one_line_names_person_machine_command_and_time(age, text):
    assert Held(THEIRS, "etag", age, gone=False).describe() == (
        "ada on elsewhere (deploy, since 2026-11-22T09:00:00+00:00, "
        f"last sign of life {text} ago, {OTHER['run']})"
    )


def test_a_person_has_no_run():
    line = Held(CRASHED, "etag", 0, gone=True).describe()
    assert line.endswith("last sign of life 0 s ago)")
