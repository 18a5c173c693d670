from __future__ import annotations

import pytest
from resumectl.steps.live import Live

from resumectl.commands.drift import Drift
from resumectl.infra.state import Resource, State
from resumectl.plan import Change, Plan

TABLE = "aws_dynamodb_table.counter"


def found(before, after, kind="changed"):
    return Drift(Plan((Change("infra", TABLE, before, after, kind),)), Live())


def state(**attributes):
    return State(
        2, "", {}, (Resource(TABLE, "aws_dynamodb_table", tainted=False, attributes=attributes),)
    )


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ({"ttl": [{"enabled": True}]}, [TABLE]),
        ({"ttl": [{"enabled": True, "attribute_name": ""}], "arn": "x"}, [TABLE]),
        ({"ttl": [{"enabled": False}]}, []),
        ({"ttl": []}, []),
        ({}, []),
    ],
)
def test_what_terraform_read_and_let_be_is_not_called_fixed(now, left):
    drifted = found({"ttl": [{"enabled": False}]}, {"ttl": [{"enabled": True}]})
    assert [change.key for change in revert._untouched(drifted, state(**now))] == left


def test_what_was_deleted_or_is_gone_is_not_asked_for():
    assert revert._untouched(found({"name": "x"}, None, "deleted"), state(name="x")) == ()
    assert revert._untouched(found({"name": "x"}, {"name": "y"}), State(2, "", {})) == ()


def test_what_is_left_is_named():
    error = revert._left(found({"ttl": 1}, {"ttl": 2}).plan.changes)
    assert error
    assert (error.code, error.message) == (
        "not-fixed",
        f"1 difference is still there: {TABLE} (ttl).",
    )
    assert revert._left(()) is None
