"""Machines, processes, and what goes wrong at their calls."""

from __future__ import annotations

import threading

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError

from tests.fakes.aws.world import Aws
from tests.fakes.clock import Clock
from tests.fakes.faults import Fault, Faults, Killed, SeededFaults
from tests.fakes.machine import Machine
from tests.unit.fakes.repository import ACCOUNT, PLACE, PROJECT, REGION

GENEROUS = 60.0
PUT = {"Bucket": PROJECT, "Key": "a", "Body": b"x"}


@pytest.fixture
def faulty(aws, machine, s3):
    """S3 as a process with faults sees it."""
    return lambda *faults: machine.start(aws, ACCOUNT, REGION, Faults(faults)).client("s3")


def put_three(process):
    for _ in range(3):
        process.client("s3").put_object(**PUT)


def run(thread):
    thread.start()
    thread.join(GENEROUS)


def stored(s3):
    return [row["Key"] for row in s3.list_objects_v2(Bucket=PROJECT).get("Contents", ())]


# --- kills


@pytest.mark.parametrize(("kind", "written"), [("kill-before", []), ("kill-after", ["a"])])
def test_a_kill_is_before_a_call_or_after_it_was_carried_out(faulty, s3, kind, written):
    with pytest.raises(Killed):
        faulty(Fault(kind)).put_object(**PUT)
    assert stored(s3) == written


def test_a_process_can_be_killed_at_every_point_and_makes_no_call_afterwards(aws, machine, s3):
    for point in range(1, 7):
        faults = Faults([Fault.kill(point)])
        process = machine.start(aws, ACCOUNT, REGION, faults)
        with pytest.raises(Killed):
            put_three(process)
        assert faults.points == 2 * ((point + 1) // 2)
        count = len(aws.journal)
        with pytest.raises(Killed):
            process.client("lambda").list_functions()
        assert len(aws.journal) == count
        assert not machine.alive(process.pid, process.started)


def test_a_program_that_dies_alone_makes_no_call_and_leaves_its_process_alive(aws, machine, s3):
    process = machine.start(aws, ACCOUNT, REGION, Faults([Fault("die", program="terraform")]))
    process.client("s3").list_objects_v2(Bucket=PROJECT)
    child = process.child("terraform")
    for _ in range(2):
        with pytest.raises(Killed):
            child.client("s3").put_object(**PUT)
        assert stored(s3) == ["a"]
    process.client("s3").delete_object(Bucket=PROJECT, Key="a")
    assert stored(s3) == []
    assert machine.alive(process.pid, process.started)


def test_a_program_dies_with_its_process(aws, machine, s3):
    process = machine.start(aws, ACCOUNT, REGION)
    child = process.child("terraform")
    process.kill()
    with pytest.raises(Killed):
        child.client("s3").put_object(**PUT)
    assert stored(s3) == []


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupt_is_before_the_request_is_sent_or_wakes_the_main_thread(faulty, s3):
    with pytest.raises(KeyboardInterrupt):
        faulty(Fault("interrupt-before")).put_object(**PUT)
    assert stored(s3) == []
    other = faulty(Fault("interrupt-after"))
    ended = threading.Event()
    thread = threading.Thread(target=lambda: (other.put_object(**PUT), ended.wait(GENEROUS)))
    with pytest.raises(KeyboardInterrupt):
        run(thread)
    ended.set()
    thread.join()
    assert stored(s3) == ["a"]


# --- refusals, lost responses, delays


@pytest.mark.parametrize(
    ("lasting", "codes"), [(False, [None, "E", None]), (True, [None, "E", "E"])]
)
def test_a_refusal_is_once_or_from_then_on(faulty, lasting, codes):
    client = faulty(Fault("refuse", at=2, call="put_object", code="E", lasting=lasting))
    seen = []
    for _ in range(3):
        try:
            client.put_object(**PUT)
        except ClientError as error:
            seen.append(error.response["Error"]["Code"])
        else:
            seen.append(None)
    assert seen == codes


def test_a_refused_call_is_not_carried_out(faulty, s3):
    with pytest.raises(ClientError):
        faulty(Fault("refuse")).put_object(**PUT)
    assert stored(s3) == []


def test_a_fault_is_for_one_operation_and_one_key(faulty, s3):
    client = faulty(Fault("refuse", call="put_object", key="b"))
    client.put_object(**PUT)
    client.list_objects_v2(Bucket=PROJECT)
    with pytest.raises(ClientError):
        client.put_object(**{**PUT, "Key": "b"})
    assert stored(s3) == ["a"]


def test_a_response_that_is_lost_for_good_is_a_connection_error(faulty, s3):
    with pytest.raises(ConnectionClosedError):
        faulty(Fault("lose")).put_object(**PUT)
    assert stored(s3) == ["a"]


def test_a_body_that_is_cut_breaks_off_while_it_is_read(faulty, s3):
    s3.put_object(**{**PUT, "Body": b"0123456789"})
    client = faulty(Fault("cut", call="get_object"))
    body = client.get_object(Bucket=PROJECT, Key="a")["Body"]
    assert body.read(5) == b"01234"
    with pytest.raises(IncompleteReadError):
        body.read(5)
    assert client.get_object(Bucket=PROJECT, Key="a")["Body"].read() == b"0123456789"


def test_a_lost_response_that_boto3_repeats_looks_like_a_failed_condition(faulty, s3):
    with pytest.raises(ClientError, match="PreconditionFailed"):
        faulty(Fault("repeat")).put_object(**PUT, IfNoneMatch="*")
    assert s3.get_object(Bucket=PROJECT, Key="a")["Body"].read() == b"x"


def test_a_delay_lets_others_work_and_time_pass(faulty, s3, aws):
    def others() -> None:
        s3.put_object(**{**PUT, "Body": b"others"})

    client = faulty(Fault("delay", seconds=120, meanwhile=others))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(**PUT, IfNoneMatch="*")
    assert aws.clock.monotonic() == 120


def test_a_conflict_of_conditional_writes_can_be_ordered(faulty):
    client = faulty(Fault("refuse", code="ConditionalRequestConflict"))
    with pytest.raises(ClientError) as caught:
        client.put_object(**PUT, IfNoneMatch="*")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_every_call_is_listed_with_its_key_also_if_it_fails(aws, machine, s3):
    faults = Faults([Fault("refuse", call="put_object")])
    client = machine.start(aws, ACCOUNT, REGION, faults).client("s3")
    with pytest.raises(ClientError):
        client.put_object(**PUT)
    client.list_objects_v2(Bucket=PROJECT)
    assert faults.begun == [("put_object", "a"), ("list_objects_v2", "")]
    assert faults.count == 2


def test_every_page_of_a_list_is_a_call(aws, machine, s3):
    for key in "abc":
        s3.put_object(**{**PUT, "Key": key})
    aws.page = 1
    faults = Faults([Fault("refuse", at=3)])
    client = machine.start(aws, ACCOUNT, REGION, faults).client("s3")
    with pytest.raises(ClientError):
        list(client.get_paginator("list_objects_v2").paginate(Bucket=PROJECT))
    assert faults.count == 3


# --- seeds


KINDS = (Fault("refuse", code="SlowDown"), Fault("lose"), Fault("repeat"))


def fates(seed, keys):
    """How each of these writes ended."""
    world = Aws()
    Machine().start(world, ACCOUNT, REGION).client("s3").create_bucket(Bucket=PROJECT, **PLACE)
    process = Machine().start(world, ACCOUNT, REGION, SeededFaults(seed, 0.5, KINDS))
    fates = {}
    for key in keys:
        try:
            process.client("s3").put_object(**{**PUT, "Key": key}, IfNoneMatch="*")
        except (ClientError, ConnectionClosedError) as error:
            fates[key] = str(error)
        else:
            fates[key] = "done"
    return fates


def test_a_seed_decides_every_fault_whatever_the_order_of_calls():
    keys = [f"key-{number}" for number in range(40)]
    assert fates(7, keys) == fates(7, reversed(keys))
    assert fates(7, keys) != fates(8, keys)
    assert len(set(fates(7, keys).values())) == 4


# --- what a process did


def test_a_process_knows_what_it_sent_also_what_was_refused(process, faulty, s3):
    with pytest.raises(ClientError):
        process.client("s3").get_object(Bucket=PROJECT, Key="none")
    process.client("sts").get_caller_identity()
    begun = ("get_object", {"Bucket": PROJECT, "Key": "none"}), ("get_caller_identity", {})
    assert tuple(process.sent[-2:]) == begun
    faulty().list_buckets()
    assert tuple(process.sent[-2:]) == begun


# --- machines


def test_a_reused_pid_is_another_process(aws, machine):
    first = machine.start(aws, ACCOUNT, REGION, pid=42)
    first.exit()
    assert not machine.alive(42, first.started)
    second = machine.start(aws, ACCOUNT, REGION, pid=42)
    assert machine.alive(42, second.started)
    assert not machine.alive(42, first.started)


def test_a_container_does_not_see_the_processes_of_its_host(aws, machine):
    process = machine.start(aws, ACCOUNT, REGION)
    container = machine.container("pid:[4026532000]")
    assert (container.host, container.boot_id) == (machine.host, machine.boot_id)
    assert not container.alive(process.pid, process.started)
    assert machine.alive(process.pid, process.started)


def test_a_reboot_ends_every_process_and_changes_the_boot_id(aws, machine):
    process = machine.start(aws, ACCOUNT, REGION)
    rebooted = machine.reboot()
    assert rebooted.boot_id != machine.boot_id
    assert not rebooted.alive(process.pid, process.started)
    with pytest.raises(Killed):
        process.client("s3").list_buckets()


def test_clocks_of_machines_differ_by_their_skew():
    clock = Clock()
    slow, fast = Machine(clock=clock, skew=-5.0), Machine(clock=clock, skew=300.0)
    clock.sleep(60)
    assert (fast.time.now() - slow.time.now()).total_seconds() == 305
    assert slow.time.monotonic() == fast.time.monotonic() == 60


def test_the_clock_of_this_machine_ticks():
    clock = Clock.of_this_machine()
    before = clock.now()
    assert clock.now() >= before
    clock.sleep(1000)
    assert (clock.now() - before).total_seconds() >= 1000
