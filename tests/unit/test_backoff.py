from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from resumectl.backoff import Backoff


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    now: float = 0.0

    def backoff(self, seconds, **pauses):
        return Backoff(seconds, sleep=self.sleep, clock=lambda: self.now, **pauses)

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


def test_the_first_attempt_starts_at_once_and_the_last_when_the_budget_is_spent(clock):
    times = [clock.now for _ in clock.backoff(5).attempts()]
    assert times[0] == 0
    assert times[-1] == pytest.approx(5)


def test_pauses_grow_by_the_factor_up_to_the_longest(clock):
    times = [clock.now for _ in clock.backoff(22, first=1, factor=2, longest=5).attempts()]
    assert [after - before for before, after in pairwise(times)] == [1, 2, 4, 5, 5, 5]


def test_no_budget_is_one_attempt(clock):
    assert len(list(clock.backoff(0).attempts())) == 1


def test_after_an_attempt_that_uses_up_the_budget_there_is_one_more(clock):
    """The process may have been suspended meanwhile."""
    attempts = 0
    for _ in clock.backoff(5).attempts():
        attempts += 1
        clock.sleep(10)
    assert attempts == 2
    assert clock.now == 20


def test_polling_stops_as_soon_as_the_condition_holds(clock):
    answers = iter([False, False, True])
    assert clock.backoff(60, first=1, factor=1).until(lambda: next(answers))
    assert clock.now == 2


def test_polling_gives_up_when_the_budget_is_spent(clock):
    assert not clock.backoff(5).until(lambda: False)
    assert clock.now == pytest.approx(5)


def test_a_condition_is_checked_once_even_without_a_budget(clock):
    assert clock.backoff(0).until(lambda: True)
