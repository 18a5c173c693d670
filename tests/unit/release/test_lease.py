from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import EndpointConnectionError

from resumectl.errors import CloudError, Locked
from resumectl.release.lease import HEARTBEAT, LEASE, Heartbeat, Lease
from resumectl.release.lock import DEAD_AFTER
from tests.fakes.clock import Clock


class Store:
    """Where the lock is; `trouble` is raised in place of an answer."""

    def __init__(self):
        self.beats, self.trouble = [], None
        self.rewritten = threading.Semaphore(0)

    def renew(self, etag, beat):
        self.beats.append((etag, beat))
        self.rewritten.release()
        if self.trouble:
            raise self.trouble
        return f"etag-{beat}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def lease(store, clock):
    return Lease("etag-0", clock.monotonic(), store.renew, clock.monotonic)


def test_the_times_leave_room_for_a_request_that_was_just_let_through():
    assert HEARTBEAT < LEASE < DEAD_AFTER - 60


def test_a_fresh_lock_is_proven_without_a_request(lease, store, clock):
    clock.advance(LEASE - 1)
    lease.prove()
    assert store.beats == []


def test_after_its_lease_a_lock_is_proven_by_renewing_it(lease, store, clock):
    clock.advance(LEASE)
    lease.prove()
    lease.prove()
    assert store.beats == [("etag-0", 1)]
    assert lease.etag == "etag-1"
    clock.advance(LEASE)
    lease.prove()
    assert store.beats[1:] == [("etag-1", 2)]


def test_a_lost_lock_stays_lost(lease, store, clock):
    clock.advance(3600)
    store.trouble = Locked("taken")
    for _ in range(2):
        with pytest.raises(Locked, match="taken"):
            lease.prove()
    store.trouble = None
    with pytest.raises(Locked, match="taken"):
        lease.renew()
    assert lease.lost.is_set()
    assert len(store.beats) == 1


def test_a_lock_that_cannot_be_renewed_is_neither_lost_nor_proven(lease, store, clock):
    clock.advance(LEASE)
    store.trouble = EndpointConnectionError(endpoint_url="x")
    with pytest.raises(CloudError, match="proving that the deploy lock is still ours"):
        lease.prove()
    assert not lease.lost.is_set()
    store.trouble = None
    lease.prove()


def test_a_renewal_counts_from_when_it_began(store, clock):
    def slow(etag, beat):
        clock.advance(LEASE)
        return store.renew(etag, beat)

    lease = Lease("etag-0", 0.0, slow, clock.monotonic)
    lease.renew()
    lease.prove()
    assert len(store.beats) == 2


def test_threads_prove_it_once(lease, store, clock):
    clock.advance(LEASE)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: lease.prove(), range(64)))
    assert len(store.beats) == 1


def test_the_heartbeat_ends_when_the_lock_is_lost(lease, store):
    store.trouble = Locked("taken")
    beat = Heartbeat(lease, 0.001)
    beat.start()
    beat.join(120)
    assert not beat.is_alive()
    assert lease.lost.is_set()


def test_the_heartbeat_outlives_a_failed_beat(lease, store):
    store.trouble = EndpointConnectionError(endpoint_url="x")
    beat = Heartbeat(lease, 0.001)
    beat.start()
    for _ in range(3):
        assert store.rewritten.acquire(timeout=120)
    beat.stop()
    assert not beat.is_alive()
