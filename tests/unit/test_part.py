from __future__ import annotations

import pytest

from resumectl.part import Applied, Comparison, Drift, Part
from resumectl.release.ledger import Heads


class Least(Part):
    """What every part must have, and nothing else."""

    name = "least"

    def compare(self, live, wanted, earlier, stop):
        return Comparison(self.name, live, wanted)

    def apply(self, comparison, outputs):
        return Applied(None)


COMPARISON = Comparison("least", {}, {})


def test_a_part_that_overrides_nothing_rolls_back_and_has_no_outputs():
    part = Least()
    assert (part.rolls_back, part.outputs({})) == (True, {})


def test_a_part_that_overrides_nothing_refuses_nothing():
    part = Least()
    assert list(part.losses(COMPARISON)) == []
    part.check(COMPARISON, {})
    part.recover(for_apply=True)
    part.prune({("least", "1")}, {})


def test_a_part_that_overrides_nothing_goes_with_another_and_holds_no_lock():
    part = Least()
    assert (part.removal(Heads()), part.lock(), part.remaining(())) == (None, None, ())


@pytest.mark.parametrize("value", [COMPARISON, Drift()])
def test_nothing_to_do_is_the_default(value):
    assert value.changes == ()


def test_a_comparison_is_finished_data():
    with pytest.raises(AttributeError):
        COMPARISON.changes = ("another",)
