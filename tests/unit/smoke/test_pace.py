from __future__ import annotations

import threading

import pytest

from resumectl.smoke.check import Mismatch, Tries, Unreachable


class Probe:
    """Fails as told, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "fine"


def follow(clock, probe, settle=0.0, stop=None):
    return clock.pace(settle).follow("page", probe, clock(), stop or threading.Event())


def test_a_right_answer_takes_one_try(clock):
    check, reached = follow(clock, Probe())
    assert (check.name, check.ok, check.detail, check.seconds, reached) == (
        "page",
        True,
        "fine",
        0.0,
        True,
    )
    assert clock.waits == []


@pytest.mark.parametrize(
    ("tries", "settle", "calls"),
    [
        (Tries.FINAL, 0, 1),
        (Tries.FINAL, 600, 1),
        (Tries.SETTLING, 0, 1),
        (Tries.TRANSIENT, 0, 4),
        (Tries.CONTENDED, 0, 7),
        (Tries.TRANSIENT, 1, 4),
        (Tries.SETTLING, 1, 3),
    ],
)
def test_how_often_a_wrong_answer_is_tried(clock, tries, settle, calls):
    probe = Probe(*(Mismatch("wrong", tries) for _ in range(99)))
    check, _ = follow(clock, probe, settle)
    assert (check.ok, probe.calls) == (False, calls)


def test_a_fresh_site_gets_its_time_and_no_more(clock):
    began = clock()
    check, _ = follow(clock, Probe(*(Mismatch("wrong") for _ in range(999))), settle=300)
    assert not check.ok
    assert 290 - 10 < clock() - began <= 300
    assert max(clock.waits) == 10


def test_waits_grow(clock):
    follow(clock, Probe(*(Mismatch("wrong") for _ in range(5))), settle=60)
    assert clock.waits == [0.25, 0.5, 1, 2, 4]


def test_the_budget_counts_from_the_beginning_of_the_run(clock):
    probe = Probe(*(Mismatch("wrong") for _ in range(99)))
    clock.pace(60).follow("page", probe, clock() - 59.9, threading.Event())
    assert probe.calls == 1


def test_tries_and_time_are_told(clock):
    check, _ = follow(
        clock, Probe(Mismatch("wrong", Tries.TRANSIENT), Mismatch("wrong", Tries.TRANSIENT))
    )
    assert check.detail == "fine (3 tries in 0.8 s)"
    assert check.as_json() == {
        "name": "page",
        "ok": True,
        "detail": "fine (3 tries in 0.8 s)",
        "seconds": 0.75,
    }


def test_the_last_reason_is_told(clock):
    check, _ = follow(clock, Probe(Mismatch("first", Tries.TRANSIENT), Mismatch("second")))
    assert check.detail.startswith("second (2 tries")


def test_slow_failures_are_not_repeated_for_ever(clock):
    def slow() -> str:
        clock.now += 15
        raise Unreachable("no answer", Tries.TRANSIENT)

    check, reached = follow(clock, slow)
    assert (check.detail, check.seconds, reached) == ("no answer", 15, False)


def test_a_stop_ends_the_tries(clock):
    stop = threading.Event()
    stop.set()
    probe = Probe(Mismatch("wrong", Tries.TRANSIENT))
    assert not follow(clock, probe, 600, stop)[0].ok
    assert probe.calls == 1


def test_a_bug_in_a_check_is_a_failed_check(clock):
    check, _ = follow(clock, Probe(KeyError("count")), settle=600)
    assert (check.ok, check.detail) == (
        False,
        "resumectl could not finish this check: KeyError: 'count'",
    )
