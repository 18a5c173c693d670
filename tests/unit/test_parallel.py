"""The pool: order, concurrency, and what a failure stops."""

from __future__ import annotations

import threading

import pytest

from resumectl.parallel import side_by_side


def test_results_keep_the_order_of_the_items():
    assert side_by_side(lambda n: n * n, list(range(100)), lanes=7) == [n * n for n in range(100)]


def test_no_items_give_no_results():
    assert side_by_side(lambda n: n, [], lanes=4) == []


def test_as_many_items_are_in_progress_as_there_are_lanes():
    together = threading.Barrier(4, timeout=60)
    side_by_side(lambda _: together.wait(), list(range(8)), lanes=4)


def test_a_failure_stops_new_items_and_is_raised_after_those_in_progress():
    started, ended, failed = [], [], threading.Event()
    items = range(1_000_000)  # far more than other lanes can take before they notice

    def work(n):
        started.append(n)
        if n == 0:
            failed.set()
            raise LookupError(n)
        failed.wait(60)
        ended.append(n)

    with pytest.raises(LookupError):
        side_by_side(work, items, lanes=4)
    assert len(started) < len(items)
    assert sorted(started) == sorted([0, *ended])


def test_done_is_called_once_for_each_item_and_never_concurrently():
    busy, calls = threading.Lock(), []

    def done():
        assert busy.acquire(blocking=False)
        calls.append(1)
        busy.release()

    side_by_side(lambda n: n, list(range(200)), lanes=8, done=done)
    assert len(calls) == 200
