from __future__ import annotations

from resumectl.cli.history import history
from tests.fakes.context import FakeCall, World


def test_as_many_releases_as_were_asked_for():
    world = World()
    for number in range(12):
        world.release(str(number))
    call = FakeCall("history", quiet=True, world=world)
    assert len(history(call).body["releases"]) == 10
    assert [row["id"] for row in history(call, 2).body["releases"]] == [12, 11]
