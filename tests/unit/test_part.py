from __future__ import annotations

import inspect

import pytest

from resumectl.function.part import FunctionPart
from resumectl.infra.part import InfraPart
from resumectl.part import Applied, Comparison, Drift, Part
from resumectl.plan import Change
from resumectl.release.ledger import Heads
from resumectl.site.part import SitePart

METHODS = [name for name, _ in inspect.getmembers(Part, inspect.isfunction) if name[0] != "_"]


PARTS = [InfraPart, FunctionPart, SitePart]


class Minimal(Part[str, str]):
    """Overrides nothing."""

    name = "minimal"


COMPARISON = Comparison("minimal", "live", "wanted")


def required():
    """The methods whose body in the protocol is `...`."""
    return [
        name for name in METHODS if inspect.getsource(getattr(Part, name)).rstrip().endswith("...")
    ]


def test_a_part_that_overrides_nothing_loses_blocks_and_deletes_nothing():
    part = Minimal()
    assert part.rolls_back
    assert part.outputs("live") == {}
    assert part.losses(COMPARISON) == ()
    assert part.remaining((Change("minimal", "key", None, {}),)) == ()
    assert part.lock() is None
    assert part.removal(Heads()) is None
    assert part.check(COMPARISON, {}) is None
    assert part.prune([("key",)], {}) is None
    assert part.recover(for_apply=True) is None


def test_a_comparison_without_changes_does_nothing():
    assert COMPARISON.changes == ()
    assert COMPARISON.imports == 0


def test_a_part_that_was_applied_may_have_nothing_to_remember():
    assert Applied(None).outputs == {}
    assert (Drift().changes, Drift().since) == ((), {})


@pytest.mark.parametrize("part", PARTS)
def test_each_part_implements_what_has_no_default(part):
    assert "compare" in required()
    assert [name for name in required() if getattr(part, name) is getattr(Part, name)] == []


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("method", METHODS)
def test_each_part_takes_what_the_protocol_hands_it(part, method):
    ours = inspect.signature(getattr(part, method)).parameters
    assert [*ours] == [*inspect.signature(getattr(Part, method)).parameters]
    assert [each.kind for each in ours.values()] == [
        each.kind for each in inspect.signature(getattr(Part, method)).parameters.values()
    ]


def test_each_part_has_a_name_of_its_own():
    assert [part.name for part in PARTS] == ["infra", "function", "site"]
    assert [part.name for part in PARTS if part.rolls_back] == ["function", "site"]
