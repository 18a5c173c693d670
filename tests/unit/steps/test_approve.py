from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.steps.approve import ask
from resumectl.steps.compare import survey
from tests.fakes.context import Approval, World


def asked(world, approval, *, force=False):
    ctx = world.context()
    ask(ctx, survey(ctx).comparisons, approval, force=force)
    return approval


def test_the_whole_plan_is_shown_before_anything_is_changed():
    approval = asked(World(), Approval())
    assert [change.part for change in approval.plans[0].changes] == ["infra", "function", "site"]


def test_nothing_to_do_is_not_asked():
    world = World()
    world.release("1")
    assert asked(world, Approval()).plans == []


def test_a_no_is_raised():
    with pytest.raises(Refused, match="Nothing was changed"):
        asked(World(), Approval(Refused("Nothing was changed.")))


def test_data_is_not_lost_without_force():
    world, approval = World(), Approval()
    world.part("infra").lost = ["the table would be replaced"]
    world.part("site").lost = ["9 of 10 objects would be deleted"]
    with pytest.raises(Refused, match="the table would be replaced; 9 of 10") as caught:
        asked(world, approval)
    assert (caught.value.code, caught.value.hint) == (
        "data-loss",
        "If that is what you want: --force.",
    )
    assert approval.plans == []


def test_with_force_the_plan_is_asked_as_usual():
    world = World()
    world.part("infra").lost = ["the table would be replaced"]
    approval = asked(world, Approval(), force=True)
    assert (len(approval.plans), approval.names) == (1, [])


def test_data_of_a_protected_environment_needs_its_name_too():
    world = World(protected=True)
    world.part("infra").lost = ["the table would be replaced"]
    approval = asked(world, Approval(), force=True)
    assert approval.names == [("prod", "the table would be replaced.")]
    with pytest.raises(Refused, match="No"):
        asked(world, refusing := Approval(Refused("No.")), force=True)
    assert refusing.plans == []


def test_a_protected_environment_that_loses_nothing_is_asked_as_usual():
    assert asked(World(protected=True), Approval(), force=True).names == []
