"""The three snapshots of the function, and what they make of a difference."""

from __future__ import annotations

from resumectl.function import snapshot
from resumectl.function.deployed import Deployed
from resumectl.function.record import FunctionRecord
from resumectl.plan import UNKNOWN, diff


def to_deploy(function, archive):
    """What a deploy of this code would change, as (key, fields)."""
    deployed = function.deployed()
    wanted = snapshot.worktree(archive, deployed.latest.settings)
    return [(c.key, c.fields) for c in diff("function", snapshot.live(deployed), wanted)]


def drifted(record, function):
    """What differs from the record, as (key, fields)."""
    now = snapshot.live(function.deployed())
    return [(c.key, c.fields) for c in diff("function", snapshot.released(record), now)]


def test_a_function_that_does_not_exist_is_an_empty_snapshot():
    assert snapshot.live(Deployed()) == {}


def test_a_function_without_its_alias_shows_only_its_unpublished_code(created, service):
    service.delete_alias()
    assert list(snapshot.live(created.deployed())) == ["$LATEST"]


def test_a_function_that_terraform_just_created_is_not_published(created, zipped):
    assert to_deploy(created, zipped(b"first")) == [("live", ("published",))]


def test_published_code_is_no_change(live, zipped):
    assert to_deploy(live, zipped(b"first")) == []


def test_new_code_changes_the_alias_and_the_unpublished_code(live, zipped):
    both = [("$LATEST", ("sha256",)), ("live", ("sha256",))]
    assert to_deploy(live, zipped(b"second")) == both


def test_a_new_setting_of_the_function_changes_the_alias(live, service, zipped):
    service.configure(MemorySize=256)
    assert to_deploy(live, zipped(b"first")) == [("live", ("settings",))]


def test_traffic_sent_to_another_version_is_a_change(live, service, zipped):
    service.divert()
    assert to_deploy(live, zipped(b"first")) == [("live", ("routing",))]


def test_everything_is_created_where_there_is_nothing(zipped):
    changes = diff("function", {}, snapshot.worktree(zipped(b"first"), UNKNOWN))
    assert [change.action for change in changes] == ["create", "create"]


def test_what_was_just_recorded_has_not_drifted(live):
    assert drifted(FunctionRecord.of(live.deployed()), live) == []


def test_a_release_without_a_function_is_an_empty_snapshot():
    assert snapshot.released(None) == {}


def test_code_uploaded_by_somebody_else_is_drift(live, service):
    record = FunctionRecord.of(live.deployed())
    service.replace_code(b"tampered")
    assert drifted(record, live) == [("$LATEST", ("sha256",))]
    service.move("$LATEST")
    both = [("$LATEST", ("sha256",)), ("live", ("published", "sha256"))]
    assert drifted(record, live) == both


def test_a_setting_of_the_unpublished_code_is_no_drift_of_the_function(live, service):
    record = FunctionRecord.of(live.deployed())
    service.configure(MemorySize=1024)
    assert drifted(record, live) == []
