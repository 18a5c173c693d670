from __future__ import annotations

import threading

import pytest

from resumectl.parallel import side_by_side


def test_results_keep_the_order_of_the_items():
    assert side_by_side(lambda n: n * n, list(range(100)), lanes=7) == [n * n for n in range(100)]


def test_nothing_to_do():
    assert side_by_side(lambda n: n, [], lanes=4) == []


def test_as_many_at_once_as_there_are_lanes():
    together = threading.Barrier(4, timeout=10)
    side_by_side(lambda _: together.wait(), list(range(8)), lanes=4)


def test_a_failure_stops_handing_out_and_is_raised_after_the_others_ended():
    begun, ended, failed = [], [], threading.Event()

    def work(n):
        begun.append(n)
        if n == 0:
            failed.set()
            raise LookupError(n)
        failed.wait(10)
        ended.append(n)

    with pytest.raises(LookupError):
        side_by_side(work, list(range(1000)), lanes=4)
    assert len(begun) < 20
    assert sorted(begun) == sorted([0, *ended])


def test_done_is_told_once_for_each_item_and_never_twice_at_once():
    busy, counted = threading.Lock(), []

    def done():
        assert busy.acquire(blocking=False)
        counted.append(1)
        busy.release()

    side_by_side(lambda n: n, list(range(200)), lanes=8, done=done)
    assert len(counted) == 200
