from __future__ import annotations

import json

import pytest

from resumectl.errors import Refused
from resumectl.infra import inventory, kept
from resumectl.infra.module import Module
from resumectl.infra.record import InfraRecord
from resumectl.release.ledger import Heads
from resumectl.release.record import Release
from tests.fakes.canned_terraform import BUCKET, ROLE, TABLE, change, plan
from tests.fakes.leftovers import OURS, THEIRS, rows

DELETES_ROLE = change(ROLE, {"name": "counter"}, None)
DELETES_BUCKET = change(BUCKET, {"bucket": "site"}, None)
DELETES_TABLE = change(TABLE, {"deletion_protection_enabled": True}, None)
CREATES_ROLE = change(ROLE, None, {"name": "counter"})
UNPROTECTS = plan(change(TABLE, {"deletion_protection_enabled": True}, {"billing_mode": "x"}))


def heads(serial):
    release = Release(1, "prod", "", "verified", {}, parts={"infra": InfraRecord("d1", serial)})
    return Heads(release, release)


@pytest.fixture
def removal(bench):
    """What it takes to delete everything, when Terraform's plans are these."""

    def compare(*plans, recorded=True, role=None):
        bench.put_state(7)
        bench.aws.answers["get_role"] = role or "NoSuchEntity"
        bench.terraform.plans = list(plans)
        return bench.part.removal(heads(7 if recorded else 6))

    return compare


def tagged(tags):
    return {"Role": {"Tags": rows(tags)}}


def test_everything_that_the_state_knows_is_deleted_as_shown(bench, removal):
    comparison = removal(plan(DELETES_ROLE))
    assert [(each.key, each.action) for each in comparison.changes] == [(ROLE, "delete")]
    bench.part.apply(comparison, {})
    assert bench.terraform.done() == [("module", "plan", "destroy"), ("module", "apply")]


def test_a_recorded_state_needs_no_search_for_strays(bench, removal):
    removal(plan(DELETES_ROLE))
    assert bench.aws.calls == []


def test_nothing_is_applied_before_the_approval(bench, removal):
    comparison = removal(plan(CREATES_ROLE), plan(DELETES_TABLE), recorded=False, role=tagged(OURS))
    assert {each.key for each in comparison.changes} == {TABLE, ROLE}
    assert [call[1:] for call in bench.terraform.done()] == [("plan", "apply"), ("plan", "destroy")]
    assert not (bench.run / "imports").exists()


def test_strays_are_imported_after_the_approval_and_deleted(bench, removal):
    comparison = removal(
        *(plan(CREATES_ROLE), None),
        *(plan(change(ROLE, {}, {}, importing="counter")), plan(DELETES_ROLE)),
        recorded=False,
        role=tagged(OURS),
    )
    assert [(each.key, each.action) for each in comparison.changes] == [(ROLE, "delete")]
    bench.part.apply(comparison, {})
    assert bench.terraform.done()[2:] == [
        ("imports", "plan", "apply", ROLE),
        ("imports", "apply"),
        ("module", "plan", "destroy"),
        ("module", "apply"),
    ]
    blocks = json.loads((bench.run / "imports" / inventory.FILE).read_text())["import"]
    assert blocks == [{"to": ROLE, "id": "counter"}]


def test_a_resource_of_somebody_else_is_noted_and_left_alone(bench, removal):
    comparison = removal(
        plan(CREATES_ROLE), plan(DELETES_BUCKET), recorded=False, role=tagged(THEIRS)
    )
    assert [each.key for each in comparison.changes] == [BUCKET]
    assert comparison.strays == {}
    assert bench.notes[0].startswith("Left alone: ")


def test_protection_is_lifted_just_before_the_deletion(bench, removal):
    deletes = plan(DELETES_TABLE, DELETES_BUCKET, DELETES_ROLE)
    comparison = removal(deletes, UNPROTECTS, deletes)
    bench.part.apply(comparison, {})
    assert bench.terraform.done() == [
        ("module", "plan", "destroy"),
        ("module", "plan", "apply", TABLE, BUCKET),
        ("module", "apply"),
        ("module", "plan", "destroy"),
        ("module", "apply"),
    ]
    assert [values["protected"] for values in bench.terraform.variables] == [True, False, False]


def test_protection_that_is_already_lifted_is_not_lifted_again(bench, removal):
    comparison = removal(plan(DELETES_TABLE), None, plan(DELETES_TABLE))
    bench.part.apply(comparison, {})
    assert [call[1] for call in bench.terraform.done()] == ["plan", "plan", "plan", "apply"]


def test_a_deletion_of_more_than_was_shown_is_refused(bench, removal):
    comparison = removal(plan(DELETES_TABLE), None, plan(DELETES_TABLE, DELETES_ROLE))
    with pytest.raises(Refused, match=f"also delete {ROLE}, which was not shown"):
        bench.part.apply(comparison, {})
    assert bench.terraform.done("apply") == []


def test_a_deletion_of_less_than_was_shown_goes_on(bench, removal):
    """Somebody deleted the rest meanwhile."""
    comparison = removal(plan(DELETES_TABLE, DELETES_ROLE), None, plan(DELETES_TABLE))
    bench.part.apply(comparison, {})
    assert bench.terraform.done("apply") == [("module", "apply")]


def test_nothing_to_delete_is_no_change(removal):
    comparison = removal(None)
    assert comparison.changes == ()
    assert not comparison.changed


@pytest.mark.parametrize("recorded", [True, False])
def test_what_is_deleted_is_planned_with_the_configuration_that_was_applied(bench, recorded):
    """The worktree's may be broken: that must not keep anybody paying."""
    applied = Module({"site.tf": b"# applied"}, {"function": {}, "protected": False})
    packed = kept.pack(applied)
    bench.part.artifacts.keep("d1", packed)
    bench.put_state(7)
    bench.aws.answers["get_role"] = "NoSuchEntity"
    bench.terraform.plans = [plan(DELETES_ROLE)] if recorded else [None, plan(DELETES_ROLE)]
    comparison = bench.part.removal(heads(7 if recorded else 6))
    assert comparison.changes
    files = (bench.workspaces.copy / "site.tf").read_bytes()
    assert files == (b"# applied" if recorded else bench.files["site.tf"])
