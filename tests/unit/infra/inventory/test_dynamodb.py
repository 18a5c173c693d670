from __future__ import annotations

import pytest

from resumectl.errors import Refused
from tests.fakes.leftovers import NAME, THEIRS

TABLE = "aws_dynamodb_table.counter"


def test_the_table_is_found_by_its_name_and_tags(leftovers):
    assert leftovers.find(TABLE) == {}
    leftovers.fill()
    assert leftovers.find(TABLE) == {TABLE: NAME}


def test_a_table_of_another_environment_is_refused(leftovers):
    leftovers.fill(THEIRS)
    with pytest.raises(Refused, match=f"^{NAME} exists already"):
        leftovers.find(TABLE)
