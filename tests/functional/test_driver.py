"""Stories by chance: two machines, two environments, faults at any call. `make campaign` has more.

A seed that fails is told as a story: `make campaign SEED=N` tells it again.
"""

from __future__ import annotations

import io
from multiprocessing import TimeoutError as TooSlow

import pytest

from tests.driver.campaign import Campaign, collect, played
from tests.driver.chance import script
from tests.driver.progress import Progress
from tests.driver.story import Result
from tests.fakes.clock import Clock

GROUPS, EACH = 10, 15


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_invariant_holds_after_every_step(group: int) -> None:
    broken = [
        result
        for seed in range(group * EACH, (group + 1) * EACH)
        if (result := played(seed)).broken
    ]
    assert not broken, "\n\n".join(map(str, broken))


def test_a_seed_decides_its_story() -> None:
    assert script(7) == script(7)
    assert script(7) != script(8)


class Results:
    """What a pool of processes gives, or raises, one after the other, each after a while."""

    def __init__(self, clock: Clock, *results: Result | type[BaseException]) -> None:
        self._clock, self._results = clock, iter(results)

    def next(self, timeout: float | None = None) -> Result:
        self._clock.sleep(timeout or 0.0)
        result = next(self._results)
        if isinstance(result, Result):
            return result
        raise result


def test_a_campaign_tells_how_far_it_is_until_it_is_interrupted() -> None:
    clock, told, out = Clock(), io.StringIO(), io.StringIO()
    broken = Result(3, broken="a count fell")
    results = Results(clock, Result(1), TooSlow, broken, Result(2), KeyboardInterrupt)
    campaign = Campaign(1000)
    collect(results, campaign, Progress(1000, "seeds", 2.0, told, clock.monotonic), out)
    assert told.getvalue().splitlines() == [
        "1 of 1,000 seeds, 0.5 per second, 0 broken",
        "3 of 1,000 seeds, 0.8 per second, 1 broken",
    ]
    assert out.getvalue() == f"{broken}\n\n"
    assert "3 of 1,000 seeds" in campaign.figures()
    assert campaign.interrupted


def test_a_campaign_can_end_with_the_first_broken_story() -> None:
    clock = Clock()
    results = Results(clock, Result(1), Result(2, broken="a count fell"), Result(3))
    campaign = Campaign(1000, to_first=True)
    collect(results, campaign, Progress(1000, "seeds"), io.StringIO())
    assert campaign.seeds == 2
