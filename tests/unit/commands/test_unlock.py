from __future__ import annotations

from contextlib import ExitStack

import pytest

from resumectl.commands.unlock import unlock
from resumectl.errors import Refused
from tests.fakes.context import World
from tests.fakes.part import FakeLock


@pytest.fixture
def world():
    world = World()
    world.release("1")
    return world


def run(world, *, force=False, ask=None):
    questions = []
    outcome = unlock(world.context(), ask or questions.append, force=force)
    return outcome.body["released"], questions


def test_the_lock_of_a_crashed_holder_is_released(world):
    world.crash("deploy")
    (lock,), (question,) = run(world)
    assert lock.startswith("the deploy lock of ada on laptop (deploy, since 2026-11-22T09:00:00")
    assert question.startswith(f"Release {lock}. Continue only if no deploy is running.")
    assert world.lock().read() is None


def test_a_lock_of_a_part_is_released_with_it(world):
    world.crash("deploy")
    foreign = world.part("infra").foreign = FakeLock("bob@desk (apply)")
    locks, (question,) = run(world)
    assert locks[1] == "the state lock of bob@desk (apply)"
    assert " and the state lock of bob@desk" in question
    assert foreign.released
    assert run(World())[0] == []


def test_a_lock_of_a_part_alone_is_enough(world):
    foreign = world.part("infra").foreign = FakeLock("bob@desk (apply)")
    assert run(world)[0] == ["the state lock of bob@desk (apply)"]
    assert foreign.released


def test_nothing_is_locked_and_nothing_is_asked(world):
    assert run(world) == ([], [])


def test_a_holder_that_is_alive_is_refused_unless_forced(world):
    foreign = world.part("infra").foreign = FakeLock("bob@desk (apply)")
    with world.context(pid=2).locked("deploy"):
        with pytest.raises(Refused, match="The holder is still working: ada on laptop") as caught:
            run(world)
        assert caught.value.code == "holder-alive"
        assert (bool(world.lock().read()), foreign.released) == (True, False)
        assert len(run(world, force=True)[0]) == 2


def test_a_no_releases_nothing(world):
    world.crash("deploy")

    def no(question):
        raise Refused("Nothing was changed.")

    with pytest.raises(Refused, match="Nothing was changed"):
        run(world, ask=no)
    assert world.lock().read()


def test_a_lock_that_changed_hands_meanwhile_is_left_alone(world):
    world.crash("deploy")
    with ExitStack() as lock:
        taken_over = world.context(pid=2).locked("deploy")
        with pytest.raises(Refused, match="changed hands meanwhile"):
            run(world, ask=lambda question: lock.enter_context(taken_over))
        assert world.lock().read()


def test_a_lock_of_a_part_that_changed_hands_is_reported(world):
    world.part("infra").foreign = FakeLock("bob@desk (apply)", yields=False)
    with pytest.raises(Refused, match="changed hands meanwhile"):
        run(world)
