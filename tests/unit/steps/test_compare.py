from __future__ import annotations

import threading

import pytest

from resumectl.errors import BuildError, Refused, TerraformError
from resumectl.steps.compare import plan_of, survey, to_release
from resumectl.steps.look import look
from tests.fakes.context import World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.write("2")
    world.forget_calls()
    return world


def keys(comparisons):
    return [(c.part, c.key, c.action) for c in plan_of(comparisons).changes]


def test_every_part_is_compared_once_in_its_order(world):
    found = survey(world.context())
    assert keys(found.comparisons) == [
        ("infra", "aws_s3_bucket.site", "update"),
        ("function", "live", "update"),
        ("site", "index.html", "update"),
    ]
    assert found.plan.changes == plan_of(found.comparisons).changes
    assert all(part.calls.count("compare") == 1 for part in world.parts)


def test_a_part_gets_the_changes_of_the_parts_before_it(world):
    survey(world.context())
    earlier = [[change.part for change in part.compared[0][1]] for part in world.parts]
    assert earlier == [[], ["infra"], ["infra", "function"]]


def test_a_part_that_was_not_chosen_is_not_built_and_has_nothing_to_do(world):
    found = survey(world.context(), ["site"])
    assert keys(found.comparisons) == [("site", "index.html", "update")]
    assert world.part("infra").compared == [(None, ())]
    assert "worktree" not in world.part("infra").calls + world.part("function").calls
    assert "worktree" in world.part("site").calls


def test_imports_are_counted_over_all_parts(world):
    world.part("infra").imports, world.part("site").imports = 2, 1
    assert survey(world.context()).imports == 3


def test_worktrees_are_built_beside_what_is_read(world):
    built = threading.Event()
    world.part("site").hooks["worktree"] = built.set
    world.part("infra").hooks["live"] = lambda: built.wait(60) or pytest.fail("not side by side")
    survey(world.context())


def test_the_first_failure_is_raised_and_stops_the_others(world):
    """Not the one that follows from it, although it is of an earlier part."""

    def stopped(live, wanted, earlier, stop):
        raise TerraformError("Stopped." if stop.wait(60) else "Not stopped.")

    world.part("infra").compare = stopped
    world.part("site").fail("worktree", BuildError("There is no index.html."))
    with pytest.raises(BuildError, match=r"There is no index\.html"):
        survey(world.context())


@pytest.mark.parametrize(
    ("only", "refused"),
    [([], False), (["infra"], False), (["infra", "site"], False), (["site"], True)],
)
def test_only_what_makes_the_infrastructure_can_be_deployed_first(only, refused):
    world = World()
    if refused:
        with pytest.raises(Refused, match="Environment prod is not deployed yet"):
            survey(world.context(), only)
    else:
        assert survey(world.context(), only).plan


def test_the_way_to_a_release_leaves_alone_what_does_not_roll_back(world):
    first = world.ledger.read(1)
    world.release("2")
    world.forget_calls()
    ctx = world.context()
    assert keys(to_release(ctx, look(ctx), first)) == [
        ("function", "live", "update"),
        ("site", "index.html", "update"),
    ]
    assert "compare" not in world.part("infra").calls
