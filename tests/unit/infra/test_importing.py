from __future__ import annotations

import json

import pytest

from resumectl.errors import CloudError, Refused
from resumectl.infra import inventory
from resumectl.infra.runner import Watch
from tests.fakes.canned_terraform import ROLE, TABLE, change, plan
from tests.fakes.leftovers import OURS, THEIRS, rows

CREATES_ROLE = change(ROLE, None, {"name": "resume-prod-counter"})
CREATES_TABLE = change(TABLE, None, {"name": "resume-prod-counter"})
AFTER = change(ROLE, {"name": "resume-prod-counter"}, {"name": "resume-prod-counter"}, "x")
FOUND = {"Role": {"Tags": rows(OURS)}}
ABSENT = {"get_role": "NoSuchEntity", "describe_table": "ResourceNotFoundException"}


def planned(bench, *plans, targets=None, watch=Watch):
    bench.terraform.plans = list(plans)
    module = bench.module()
    return bench.importer.plan(module, bench.workspaces.open(module), watch, targets)


def test_a_plan_that_creates_nothing_asks_aws_nothing(bench):
    name = {"name": "resume-prod-counter"}
    planned(bench, plan(change(ROLE, name, {**name, "path": "/"}), change(TABLE, name, None)))
    assert bench.aws.calls == []
    assert len(bench.terraform.done("plan")) == 1


def test_a_resource_that_does_not_exist_is_created(bench):
    bench.aws.answers |= ABSENT
    workspace, result = planned(bench, plan(CREATES_ROLE, CREATES_TABLE))
    assert result.wanted.keys() == {ROLE, TABLE}
    workspace.apply(Watch())
    assert bench.terraform.done() == [("module", "plan", "apply"), ("module", "apply")]
    assert bench.notes == []


def test_a_resource_that_exists_is_imported_and_not_created(bench):
    bench.aws.answers |= {**ABSENT, "get_role": FOUND}
    workspace, result = planned(bench, plan(CREATES_ROLE, CREATES_TABLE), plan(AFTER))
    assert (result.imported.keys(), result.wanted) == ({ROLE}, {})
    workspace.apply(Watch())
    assert bench.terraform.done() == [
        ("module", "plan", "apply"),
        ("imports", "plan", "apply"),
        ("imports", "apply"),
    ]
    blocks = json.loads((bench.run / "imports" / inventory.FILE).read_text())["import"]
    assert blocks == [{"to": ROLE, "id": "resume-prod-counter"}]
    assert (bench.run / "imports" / "site.tf").exists()
    assert not (bench.workspaces.copy / inventory.FILE).exists()


@pytest.mark.parametrize(
    ("plans", "what"),
    [([CREATES_ROLE], "1 resource"), ([CREATES_ROLE, CREATES_TABLE], "2 resources")],
)
def test_imports_are_noted(bench, plans, what):
    table = {"Table": {"TableArn": "arn"}}
    tags = {"Tags": rows(OURS)}
    bench.aws.answers |= {"get_role": FOUND, "describe_table": table, "list_tags_of_resource": tags}
    planned(bench, plan(*plans), plan(AFTER))
    assert bench.notes == [f"Importing {what} that an interrupted deploy created."]


def test_targets_and_a_new_watch_go_to_both_plans(bench):
    bench.aws.answers |= {"get_role": FOUND}
    watches = []
    planned(
        *(bench, plan(CREATES_ROLE), plan(AFTER)),
        targets=[ROLE],
        watch=lambda: watches.append(Watch()) or watches[-1],
    )
    assert [call[2:] for call in bench.terraform.done("plan")] == [("apply", ROLE)] * 2
    assert len(watches) == 2


def test_a_planned_name_that_somebody_else_holds_is_refused(bench):
    bench.aws.answers |= {"get_role": {"Role": {"Tags": rows(THEIRS)}}}
    with pytest.raises(Refused, match="belongs to another deployment: 0a0b0c0d/prod"):
        planned(bench, plan(CREATES_ROLE))
    assert bench.terraform.done() == [("module", "plan", "apply")]


def test_a_refusal_says_how_many_more_are_not_ours(bench):
    table, tags = {"Table": {"TableArn": "arn"}}, {"Tags": rows(THEIRS)}
    theirs = {"get_role": {"Role": tags}, "describe_table": table, "list_tags_of_resource": tags}
    bench.aws.answers |= theirs
    with pytest.raises(Refused, match=r"And 1 more\.$"):
        planned(bench, plan(CREATES_ROLE, CREATES_TABLE))


def test_a_look_up_that_fails_stops_the_plan(bench):
    """A missing answer never means that there is nothing."""
    bench.aws.answers |= {"get_role": "AccessDenied"}
    with pytest.raises(CloudError):
        planned(bench, plan(CREATES_ROLE))
