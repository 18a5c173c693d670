from __future__ import annotations

import pytest

from resumectl.errors import TerraformError
from resumectl.steps.recover import recover
from tests.fakes.context import World


@pytest.mark.parametrize("for_apply", [True, False])
def test_every_part_recovers_in_order(for_apply):
    world, order = World(), []
    for part in world.parts:
        part.hooks["recover"] = lambda name=part.name: order.append(name)
    recover(world.context(), for_apply=for_apply)
    assert order == ["infra", "function", "site"]
    assert [part.recovered for part in world.parts] == [[for_apply]] * 3
    assert world.progress.ended == [("recover", True)]


def test_what_cannot_be_recovered_stops_the_command():
    world = World()
    world.part("infra").fail("recover", TerraformError("The state is corrupt."))
    with pytest.raises(TerraformError, match="corrupt"):
        recover(world.context())
    assert world.progress.ended == [("recover", False)]
    assert world.part("site").recovered == []
