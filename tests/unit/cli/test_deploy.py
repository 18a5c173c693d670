from __future__ import annotations

import pytest

from resumectl.cli.deploy import Only, parts
from resumectl.plan import PARTS


def test_every_part_can_be_named():
    assert parts([Only(name) for name in PARTS]) == PARTS


@pytest.mark.parametrize("name", ["function", "backend"])
def test_backend_is_an_alias_of_function(name):
    assert parts([Only(name)]) == ("function",)


def test_no_name_is_every_part():
    assert parts(None) == parts([]) == ()
