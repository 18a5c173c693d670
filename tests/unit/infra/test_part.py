from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from resumectl.errors import BuildError, Refused, TerraformError
from resumectl.infra import kept
from resumectl.infra import state as states
from resumectl.infra.record import InfraRecord
from resumectl.infra.state import EMPTY
from resumectl.part import Comparison
from resumectl.plan import Change
from resumectl.release.ledger import Heads
from resumectl.release.record import Release
from tests.fakes.canned_terraform import BUCKET, OUTPUTS, ROLE, TABLE, Bench, change, plan, state
from tests.fakes.leftovers import OURS, rows
from tests.fakes.undeclared import STATE

UPDATE = change(BUCKET, {"a": 1}, {"a": 2})
RESOURCES = {resource.address: dict(resource.attributes) for resource in STATE.resources}
"""All that AWS has, so that nothing is undeclared."""
EXTRA = "role-policy admin"
GONE = "ResourceNotFoundException"


def stop():
    return threading.Event()


def deployed(bench, *, serial=7, files=None):
    """A release whose configuration is kept in the project bucket."""
    module = bench.module()
    if files is not None:
        module = replace(module, files=files)
    packed = kept.pack(module)
    bench.part.artifacts.keep(module.digest, packed)
    parts = {"infra": InfraRecord(module.digest, serial)}
    release = Release(1, "prod", "", "verified", {}, parts=parts)
    return Heads(release, release)


def compared(bench, *plans, released=None):
    bench.terraform.plans = list(plans)
    live = bench.part.live({}, released)
    return bench.part.compare(live, bench.part.worktree(), (), stop())


# --- looking


def test_before_the_first_deploy_there_are_no_outputs(bench):
    live = bench.part.live({}, None)
    assert live == EMPTY
    assert bench.part.outputs(live) == {}


def test_the_outputs_are_those_of_the_state(bench):
    bench.put_state(7)
    assert bench.part.outputs(bench.part.live({}, None)) == OUTPUTS


def test_an_incomplete_state_has_no_outputs(bench):
    """As after a first deploy that was interrupted."""
    bench.put_state(7, outputs={"site_url": "https://cv.example.com"})
    assert bench.part.outputs(bench.part.live({}, None)) == {}


def test_a_release_has_the_configuration_that_was_applied(bench):
    heads = deployed(bench, files={"site.tf": b"# as released"})
    released = bench.part.released(heads.released)
    assert released.files == {"site.tf": b"# as released"}
    assert released.variables["function"]["package"] == "/here/function.zip"


def test_a_release_whose_configuration_was_not_kept_has_the_worktrees(bench):
    parts = {"infra": InfraRecord("gone", 7)}
    release = Release(1, "prod", "", "verified", {}, parts=parts)
    assert bench.part.released(release) == bench.module()


def test_a_function_that_is_gone_is_created_from_the_released_code(tmp_path, bucket):
    bench = Bench(tmp_path, bucket, zip_of=lambda release: Path(f"/run/{release.id}.zip"))
    module = bench.part.released(deployed(bench).released)
    assert module.variables["function"]["package"] == "/run/1.zip"
    assert bench.module().variables["function"]["package"] == "/here/function.zip"


def test_a_changed_configuration_is_pending(bench):
    heads = deployed(bench)
    assert bench.part.pending(heads) == 0
    bench.files = {"site.tf": b"# other"}
    assert bench.part.pending(heads) == 1
    assert bench.part.pending(Heads()) == 1
    assert bench.terraform.calls == []


def test_a_worktree_that_cannot_be_read_has_no_number_of_pending_changes(bench):
    def unreadable():
        raise BuildError("Cannot read terraform/site.tf.")

    assert replace(bench.part, module=unreadable).pending(deployed(bench)) is None


# --- comparing


def test_a_comparison_is_what_terraform_would_change(bench):
    bench.put_state(7)
    comparison = compared(bench, plan(UPDATE))
    assert comparison.changes == (Change("infra", BUCKET, {"a": 1}, {"a": 2}),)
    assert (comparison.wanted, comparison.live.serial) == (bench.module(), 7)
    assert bench.terraform.done("apply") == []


def test_changed_outputs_are_changes_of_their_own_kind(bench):
    (output,) = compared(bench, plan(site_url=("http://old", "http://new"))).changes
    assert (output.key, output.kind) == ("output.site_url", "output")


def test_a_part_that_was_not_chosen_starts_no_terraform(bench):
    bench.put_state(7)
    comparison = bench.part.compare(bench.part.live({}, None), None, (), stop())
    applied = bench.part.apply(comparison, {})
    assert comparison.changes == ()
    assert applied.record is None
    assert applied.outputs == OUTPUTS
    assert bench.part.is_recorded(comparison, Heads())
    assert bench.terraform.calls == []


def test_a_rollback_leaves_the_infrastructure_as_it_is(bench):
    comparison = Comparison("infra", bench.part.live({}, None), None)
    assert bench.part.apply(comparison, {}).record is None
    assert bench.terraform.calls == []


def test_losses_are_named_before_anything_is_applied(bench):
    comparison = compared(bench, plan(change(TABLE, {"name": "x"}, None), UPDATE))
    (line,) = bench.part.losses(comparison)
    assert line.startswith(f"{TABLE} would be deleted: ")


def test_an_import_is_counted_and_noted(bench):
    creates = change(ROLE, None, {"name": "resume-prod-counter"})
    bench.aws.answers["get_role"] = {"Role": {"Tags": rows(OURS)}}
    comparison = compared(bench, plan(creates), plan(change(ROLE, {}, {}, importing="x")))
    assert (comparison.imports, comparison.changes, comparison.changed) == (1, (), True)
    assert bench.notes == ["Importing 1 resource that an interrupted deploy created."]


def test_a_comparison_is_recorded_if_digest_and_serial_are(bench):
    bench.put_state(7)
    comparison = compared(bench, None)
    assert bench.part.is_recorded(comparison, deployed(bench, serial=7))
    assert not bench.part.is_recorded(comparison, deployed(bench, serial=6))
    assert not bench.part.is_recorded(comparison, deployed(bench, files={"site.tf": b"# old"}))
    assert not bench.part.is_recorded(comparison, Heads())


def test_a_stored_record_is_read_back(bench):
    assert bench.part.record(InfraRecord("d1", 7).as_json()) == InfraRecord("d1", 7)


# --- applying


def test_what_was_compared_is_applied_and_recorded_as_read_back(bench):
    bench.put_state(7)
    comparison = compared(bench, plan(UPDATE))
    other = {**OUTPUTS, "site_url": "https://other.example.com"}
    bench.terraform.on_apply = lambda: bench.put_state(9, outputs=other)
    applied = bench.part.apply(comparison, {})
    assert bench.terraform.done() == [("module", "plan", "apply"), ("module", "apply")]
    assert applied.record == InfraRecord(bench.module().digest, 9)
    assert applied.outputs == other


def test_the_applied_configuration_is_kept_for_later(bench):
    bench.put_state(7)
    record = bench.part.apply(compared(bench, None, None), {}).record
    released = kept.unpack(bench.part.artifacts.read(record.digest), bench.module())
    assert released.exactly() == bench.module()


def test_without_changes_nothing_is_applied_but_it_is_recorded(bench):
    bench.put_state(7)
    applied = bench.part.apply(compared(bench, None, released=deployed(bench).released), {})
    assert applied.record == InfraRecord(bench.module().digest, 7)
    assert applied.outputs == OUTPUTS
    assert bench.terraform.done("apply") == []


def test_a_configuration_that_needs_no_apply_saves_what_aws_has(bench):
    """Somebody made the change by hand before it was declared."""
    bench.put_state(7)
    released = deployed(bench, files={"site.tf": b"# older"}).released
    by_hand = plan(drift=[change(BUCKET, {"a": 1}, {"a": 2})])
    comparison = compared(bench, None, by_hand, released=released)
    bench.terraform.on_apply = lambda: bench.put_state(8)
    assert bench.part.apply(comparison, {}).record == InfraRecord(bench.module().digest, 8)
    assert bench.terraform.done()[1:] == [("module", "plan", "refresh-only"), ("module", "apply")]


def test_a_state_that_could_not_be_seen_yet_is_read_again(bench):
    """S3 answered 404 to us, and Terraform found that there was nothing to change."""
    comparison = compared(bench, None, None)
    bench.put_state(7)
    assert bench.part.apply(comparison, {}).outputs == OUTPUTS


def test_a_change_that_is_not_shown_is_applied_too(bench):
    """As when only the code of the function differs, which belongs to another part."""
    function = "aws_lambda_function.counter"
    comparison = compared(bench, plan(change(function, {"filename": "a"}, {"filename": "b"})))
    bench.terraform.on_apply = lambda: bench.put_state(8)
    assert bench.part.apply(comparison, {}).record.serial == 8


def test_an_apply_that_fails_keeps_no_configuration(bench):
    comparison = compared(bench, plan(UPDATE))
    bench.terraform.fail_at = "apply"
    with pytest.raises(TerraformError, match="It broke"):
        bench.part.apply(comparison, {})
    assert bench.part.artifacts.read(bench.module().digest) is None


def test_an_apply_without_the_promised_outputs_is_an_error(bench):
    comparison = compared(bench, plan(UPDATE))
    bench.terraform.on_apply = lambda: bench.put_state(8, outputs={"site_url": "x"})
    with pytest.raises(TerraformError, match="lacks outputs that resumectl needs"):
        bench.part.apply(comparison, {})


def test_pruning_deletes_the_configurations_that_nothing_needs(bench):
    for digest in ("d1", "d2"):
        bench.part.artifacts.keep(digest, b"zip")
    bench.part.prune({("d1",)}, {})
    assert bench.part.artifacts.read("d1") is None
    assert bench.part.artifacts.read("d2") == b"zip"


# --- recovery and the lock


def test_a_command_that_does_not_apply_only_needs_a_readable_state(bench):
    bench.put_state(7, [TABLE], tainted=[TABLE])
    bench.bucket.delete("terraform/prod.tfstate")
    bench.part.recover(for_apply=False)
    assert states.read(bench.bucket).serial == 7
    assert bench.terraform.calls == []
    bench.part.recover(for_apply=True)
    assert bench.terraform.done() == [("module", "untaint", "-lock=false", TABLE)]


def test_terraforms_own_lock_is_found(bench):
    assert bench.part.lock() is None
    bench.bucket.write("terraform/prod.tfstate.tflock", b'{"Who": "alex@laptop"}')
    assert "alex@laptop" in bench.part.lock().describe()


# --- drift


def drifted(bench, heads, *documents):
    bench.terraform.plans = list(documents) or [None, None]
    return bench.part.drift(heads, bench.part.live({}, None), stop())


def test_drift_is_judged_with_the_released_configuration(bench):
    bench.put_state(7, RESOURCES)
    heads = deployed(bench, files={"old.tf": b"# as released"})
    assert drifted(bench, heads).changes == ()
    assert bench.terraform.done() == [("released", "plan", "refresh-only")]
    assert [file.name for file in (bench.run / "released").iterdir()] == ["old.tf"]


def test_changed_and_deleted_resources_are_kinds_of_drift(bench):
    bench.put_state(7, RESOURCES)
    after = {"a": 2, "last_modified": "2026-11-22T10:00:00.000+0000"}
    drifts = [change(BUCKET, {"a": 1}, after), change(ROLE, {"name": "x"}, None)]
    drift = drifted(bench, deployed(bench), plan(drift=drifts))
    assert [(each.key, each.kind, each.action) for each in drift.changes] == [
        (BUCKET, "changed", "update"),
        (ROLE, "deleted", "delete"),
    ]
    assert drift.since == {BUCKET: "2026-11-22T10:00:00+00:00"}


def test_data_that_is_gone_is_told_with_the_way_back(bench):
    bench.put_state(7, RESOURCES)
    bench.aws.answers["list_backups"] = "AccessDeniedException"
    drifts = [change(TABLE, {"name": "t"}, None), change(BUCKET, {"bucket": "b"}, None)]
    counts, objects = drifted(bench, deployed(bench), plan(drift=drifts)).lost
    assert counts.startswith(f"{TABLE} was deleted, with every count in it; an empty one needs")
    assert "AWS keeps a backup" in counts
    assert objects.startswith(f"{BUCKET} was deleted, with every version of every object")
    assert drifted(bench, deployed(bench), plan(drift=[change(ROLE, {"a": 1}, {})])).lost == ()


def test_an_empty_table_in_place_of_a_deleted_one_is_a_loss(bench):
    bench.aws.answers |= {"list_backups": {"BackupSummaries": []}, "describe_table": GONE}
    bench.put_state(7, {**RESOURCES, TABLE: {"name": "t"}})
    bench.terraform.plans = [plan(change(TABLE, None, {"name": "t"}))]
    comparison = bench.part.compare(bench.part.live({}, None), bench.module(), (), stop())
    (line,) = bench.part.losses(comparison)
    assert line.startswith(f"{TABLE} was deleted, and an empty one would be created. AWS keeps")


def test_an_undeclared_resource_is_drift(bench):
    bench.put_state(7, RESOURCES)
    bench.aws.answers["list_role_policies"] = {"PolicyNames": ["admin"]}
    (extra,) = drifted(bench, deployed(bench)).changes
    assert (extra.key, extra.kind, extra.action) == (EXTRA, "unmanaged", "create")


def test_a_state_that_no_release_recorded_is_drift(bench):
    bench.put_state(9, RESOURCES)
    (written,) = drifted(bench, deployed(bench, serial=7)).changes
    assert (written.key, written.kind) == ("terraform.state", "state")
    assert (written.before, written.after) == ({"serial": 7}, {"serial": 9})


def test_the_serial_of_a_failed_deploy_is_no_drift(bench):
    """Infrastructure stays as the failed deploy applied it."""
    bench.put_state(9, RESOURCES)
    released = deployed(bench, serial=7)
    failed = replace(deployed(bench, serial=9).newest, id=2, status="failed")
    assert drifted(bench, Heads(failed, released.released)).changes == ()


def test_a_look_for_undeclared_resources_that_fails_is_named(bench):
    bench.put_state(7, {**RESOURCES, "aws_iam_role.counter": {"name": "resume-prod-counter"}})
    bench.aws.answers["list_role_policies"] = "AccessDenied"
    (unseen,) = drifted(bench, deployed(bench)).unseen
    assert str(unseen) == "role policies (iam:ListRolePolicies denied)"


def with_secret(bench, value):
    module = bench.module()
    bench.part = replace(
        bench.part,
        module=lambda: replace(module, variables={**module.variables, "stripe_key": value}),
    )


def test_a_secret_that_the_worktree_changed_is_noted_and_stops_only_a_revert(bench):
    with_secret(bench, "sk_live_released")
    bench.put_state(7, RESOURCES)
    module = bench.part.module()
    bench.part.artifacts.keep(module.digest, kept.pack(module))
    parts = {"infra": InfraRecord(module.digest, 7)}
    release = Release(1, "prod", "", "verified", {}, parts=parts)
    heads = Heads(release, release)
    assert drifted(bench, heads).changes == ()
    assert bench.notes == []
    with_secret(bench, "sk_live_other")
    assert drifted(bench, heads).changes == ()
    (note,) = bench.notes
    assert note == "Not kept with the release, and different in the worktree: variable stripe_key"
    with pytest.raises(Refused, match="variable stripe_key") as caught:
        bench.part.revert(heads, bench.part.live({}, None), (changed(),), ())
    assert "sk_live" not in caught.value.message


# --- reverting it


def changed(key=BUCKET, before=None, after=None, kind="changed"):
    return Change("infra", key, before or {"a": 1}, after or {"a": 2}, kind)


DELETED = Change("infra", ROLE, {"name": "x"}, None, "deleted")
UNMANAGED = Change(
    *("infra", EXTRA, None),
    {"resource": "role-policy", "role": "resume-prod-counter", "name": "admin"},
    kind="unmanaged",
)


def reverted(bench, drift, *plans, ignored=(), heads=None):
    bench.put_state(7, RESOURCES)
    bench.terraform.plans = list(plans)
    live = bench.part.live({}, None)
    return bench.part.revert(heads or deployed(bench), live, tuple(drift), tuple(ignored))


def test_a_revert_plans_the_released_configuration(bench):
    heads = deployed(bench, files={"old.tf": b"# as released"})
    comparison = reverted(bench, [changed()], plan(UPDATE), heads=heads)
    assert comparison.changes == (Change("infra", BUCKET, {"a": 1}, {"a": 2}),)
    assert comparison.wanted.files == {"old.tf": b"# as released"}
    assert bench.terraform.done() == [("released", "plan", "apply")]


def test_without_drift_or_a_release_there_is_nothing_to_revert(bench):
    for drift, heads in (((), None), ((changed(),), Heads())):
        comparison = reverted(bench, drift, heads=heads)
        assert (comparison.changes, comparison.wanted, comparison.workspace) == ((), None, None)
    assert bench.terraform.calls == []


def test_an_ignored_difference_is_left_alone(bench):
    drift = [changed(), DELETED]
    reverted(bench, drift, plan(UPDATE), ignored=[changed(TABLE)])
    assert bench.terraform.done() == [("released", "plan", "apply", BUCKET, ROLE)]


@pytest.mark.parametrize("drift", [[UNMANAGED], [changed("terraform.state", kind="state")]])
def test_with_ignored_differences_and_no_drifted_resource_nothing_is_planned(bench, drift):
    """For Terraform, no target means everything."""
    comparison = reverted(bench, drift, ignored=[changed(TABLE)])
    assert bench.terraform.calls == []
    assert not comparison.changed
    assert [each.key for each in comparison.changes] == [
        each.key for each in drift if each.kind == "unmanaged"
    ]


def test_undeclared_resources_are_removed_after_the_apply(bench):
    comparison = reverted(bench, [changed(), UNMANAGED], plan(UPDATE))
    assert [(each.key, each.action) for each in comparison.changes] == [
        (BUCKET, "update"),
        (EXTRA, "delete"),
    ]
    bench.terraform.on_apply = lambda: bench.aws.calls.append("applied")
    bench.part.apply(comparison, {})
    assert bench.aws.calls == [
        "applied",
        ("delete_role_policy", {"RoleName": "resume-prod-counter", "PolicyName": "admin"}),
    ]


def test_what_the_state_lacks_is_imported_although_other_differences_are_ignored(bench):
    state = Change(
        *("infra", "terraform.state", {"serial": 6}, {"serial": 7, "lacks": [ROLE]}), "state"
    )
    reverted(bench, [state], None, ignored=[changed(TABLE)])
    assert bench.terraform.done() == [("released", "plan", "apply", ROLE)]


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
def test_a_setting_that_terraform_left_alone_remains(bench, now, left):
    bench.put_state(8, {TABLE: now})
    drift = changed(TABLE, {"ttl": [{"enabled": False}]}, {"ttl": [{"enabled": True}]})
    assert [each.key for each in bench.part.remaining((drift,))] == left


def test_a_resource_that_was_deleted_or_is_gone_does_not_remain(bench):
    bench.put_state(8, {TABLE: {"name": "x"}})
    deleted = Change("infra", TABLE, {"name": "x"}, None, "deleted")
    assert bench.part.remaining((deleted, changed(ROLE), UNMANAGED)) == ()
    bench.bucket.write("terraform/prod.tfstate", state(9))
    assert bench.part.remaining((changed(TABLE, {"name": "x"}, {"name": "y"}),)) == ()


# --- what an `apply` that did not end has uploaded


def test_a_configuration_that_was_kept_and_not_recorded_is_left(bench):
    comparison = compared(bench, plan())
    intent, digest = bench.part.intent(comparison), bench.module().digest
    assert bench.part.left(intent, None, {}) == frozenset()
    bench.part.artifacts.keep(digest, b"zip")
    assert bench.part.left(intent, None, {}) == {(digest,)}


def test_the_recorded_configuration_is_no_intent(bench):
    released = deployed(bench).released
    assert bench.part.intent(compared(bench, plan(), released=released)) is None
    assert bench.part.intent(Comparison("infra", EMPTY, None)) is None
