"""Stories by chance: two machines, two environments, faults at any call. `make campaign` has more.

A seed that fails is told as a story: `make campaign SEED=N` tells it again.
"""

from __future__ import annotations

import pytest

from tests.driver.campaign import played
from tests.driver.chance import script

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
