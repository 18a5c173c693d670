"""An apply that stumbles over its own work goes on; any other failure stands."""

from __future__ import annotations

import threading

import pytest

from resumectl.errors import TerraformError
from tests.fakes.canned_terraform import BUCKET, ROLE, TABLE, change, plan
from tests.fakes.leftovers import OURS, THEIRS, rows

NAME = {"name": "resume-prod-counter"}
CREATES_ROLE = change(ROLE, None, NAME)
IMPORTED = change(ROLE, NAME, NAME, "x")
FIRST = [("module", "plan", "apply"), ("module", "apply")]
EXISTS = "Terraform: creating IAM Role: EntityAlreadyExists: Role already exists."


@pytest.fixture
def failed(bench):
    """Applies the creation of a role, which fails; returns the first error."""

    def apply(said, *later, tags=OURS):
        bench.put_state(7)
        bench.aws.answers["get_role"] = "NoSuchEntity"
        bench.terraform.plans = [plan(CREATES_ROLE)]
        live = bench.part.live({}, None)
        comparison = bench.part.compare(live, bench.part.worktree(), (), threading.Event())
        bench.aws.answers["get_role"] = {"Role": {"Tags": rows(tags)}}
        bench.terraform.plans = list(later)
        said = iter([said])

        def on_apply():
            if message := next(said, None):
                raise TerraformError(message)

        bench.terraform.on_apply = on_apply
        try:
            bench.part.apply(comparison, {})
        except TerraformError as error:
            return error.message
        return None

    return apply


def test_what_an_own_request_created_is_imported(bench, failed):
    assert failed(EXISTS, plan(CREATES_ROLE), plan(IMPORTED)) is None
    assert bench.terraform.done() == [
        *FIRST,
        ("module", "plan", "apply"),
        ("imports", "plan", "apply"),
        ("imports", "apply"),
    ]


def test_any_other_failure_is_not_tried_again(bench, failed):
    assert failed("Terraform: AccessDenied") == "Terraform: AccessDenied"
    assert bench.terraform.done() == FIRST


def test_what_is_not_ours_stays_in_the_way(bench, failed):
    assert failed(EXISTS, plan(CREATES_ROLE), tags=THEIRS) == EXISTS
    assert bench.terraform.done()[2:] == [("module", "plan", "apply")]


def test_without_anything_to_import_the_failure_stands(bench, failed):
    assert failed(EXISTS, plan(change(ROLE, NAME, {**NAME, "path": "/"}))) == EXISTS
    assert bench.terraform.done()[2:] == [("module", "plan", "apply")]


@pytest.mark.parametrize(
    "more",
    [
        change(BUCKET, NAME, {**NAME, "path": "/x"}),
        change(ROLE, NAME, None),
        change(TABLE, NAME, None),
    ],
    ids=["another-change", "a-deletion", "a-table"],
)
def test_nothing_that_was_not_shown_is_applied(bench, failed, more):
    assert failed(EXISTS, plan(CREATES_ROLE), plan(IMPORTED, more)) == EXISTS
    assert [call for call in bench.terraform.done() if call[1] == "apply"] == [FIRST[1]]


def test_a_plan_that_cannot_be_made_says_less_than_the_first_failure(bench, failed):
    def broken():
        bench.terraform.fail_at = "plan"
        raise TerraformError(EXISTS)

    bench.put_state(7)
    bench.aws.answers["get_role"] = "NoSuchEntity"
    bench.terraform.plans = [plan(CREATES_ROLE)]
    live = bench.part.live({}, None)
    comparison = bench.part.compare(live, bench.part.worktree(), (), threading.Event())
    bench.terraform.on_apply = broken
    with pytest.raises(TerraformError, match="Role already exists"):
        bench.part.apply(comparison, {})
    assert bench.terraform.done()[2:] == [("module", "plan", "apply")]
