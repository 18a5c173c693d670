from __future__ import annotations

import threading

import pytest

from resumectl.smoke.check import Attempts, Mismatch, Unreachable


class Probe:
    """Raises the given failures in turn, then passes."""

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


def test_a_passing_check_takes_one_attempt(clock):
    check = follow(clock, Probe())
    assert (check.name, check.ok, check.detail, check.seconds, check.seen) == (
        "page",
        True,
        "fine",
        0.0,
        True,
    )
    assert clock.waits == []


@pytest.mark.parametrize(
    ("attempts", "settle", "calls"),
    [
        (Attempts.FINAL, 0, 1),
        (Attempts.FINAL, 600, 1),
        (Attempts.SETTLING, 0, 1),
        (Attempts.TRANSIENT, 0, 4),
        (Attempts.CONTENDED, 0, 7),
        (Attempts.TRANSIENT, 1, 4),
        (Attempts.SETTLING, 1, 3),
    ],
)
def test_attempts_depend_on_the_kind_of_failure(clock, attempts, settle, calls):
    probe = Probe(*(Mismatch("wrong", attempts) for _ in range(99)))
    check = follow(clock, probe, settle)
    assert (check.ok, probe.calls) == (False, calls)


def test_a_fresh_site_gets_its_settle_time_and_no_more(clock):
    began = clock()
    check = follow(clock, Probe(*(Mismatch("wrong") for _ in range(999))), settle=300)
    assert not check.ok
    assert 290 - 10 < clock() - began <= 300
    assert max(clock.waits) == 10


def test_delays_double(clock):
    follow(clock, Probe(*(Mismatch("wrong") for _ in range(5))), settle=60)
    assert clock.waits == [0.25, 0.5, 1, 2, 4]


def test_jitter_scales_the_delays(clock):
    probe = Probe(*(Mismatch("wrong", Attempts.TRANSIENT) for _ in range(2)))
    clock.pace(jitter=0.5).follow("page", probe, clock(), threading.Event())
    assert clock.waits == [0.125, 0.25]


def test_the_settle_time_counts_from_the_start_of_the_run(clock):
    probe = Probe(*(Mismatch("wrong") for _ in range(99)))
    clock.pace(60).follow("page", probe, clock() - 59.9, threading.Event())
    assert probe.calls == 1


def test_the_detail_shows_attempts_and_time(clock):
    check = follow(
        clock, Probe(Mismatch("wrong", Attempts.TRANSIENT), Mismatch("wrong", Attempts.TRANSIENT))
    )
    assert check.detail == "fine (3 attempts in 0.8 s)"
    assert check.as_json() == {
        "name": "page",
        "ok": True,
        "detail": "fine (3 attempts in 0.8 s)",
        "seconds": 0.75,
        "seen": True,
    }


def test_the_detail_is_that_of_the_last_attempt(clock):
    check = follow(clock, Probe(Mismatch("first", Attempts.TRANSIENT), Mismatch("second")))
    assert check.detail.startswith("second (2 attempts")


def test_a_slow_failure_is_not_retried_after_the_patience(clock):
    def slow() -> str:
        clock.now += 15
        raise Unreachable("timed out", Attempts.TRANSIENT)

    check = follow(clock, slow)
    assert (check.detail, check.seconds, check.seen) == ("timed out", 15, False)


def test_a_stop_ends_the_retries(clock):
    stop = threading.Event()
    stop.set()
    probe = Probe(Mismatch("wrong", Attempts.TRANSIENT))
    assert not follow(clock, probe, 600, stop).ok
    assert probe.calls == 1


def test_a_bug_in_a_probe_is_a_failed_check(clock):
    check = follow(clock, Probe(KeyError("count")), settle=600)
    assert (check.ok, check.detail) == (
        False,
        "bug in this check: KeyError: 'count'",
    )
