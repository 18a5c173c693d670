"""The three snapshots of the function, and what they make of a difference."""

from __future__ import annotations

import pytest

from resumectl.function import snapshot
from resumectl.function.deployed import Deployed, deployed
from resumectl.function.record import FunctionRecord
from resumectl.plan import UNKNOWN, diff


@pytest.fixture
def published(live):
    return live.client


def to_deploy(client, archive):
    """What a deploy of this code would change, as (key, fields)."""
    function = deployed(client, "f")
    wanted = snapshot.worktree(archive, function.latest.settings)
    return [(c.key, c.fields) for c in diff("function", snapshot.live(function), wanted)]


def drifted(record, client):
    """What differs from the record, as (key, fields)."""
    now = snapshot.live(deployed(client, "f"))
    return [(c.key, c.fields) for c in diff("function", snapshot.released(record), now)]


def test_a_function_that_does_not_exist_is_an_empty_snapshot():
    assert snapshot.live(Deployed()) == {}


def test_a_function_without_its_alias_shows_only_its_unpublished_code(fake):
    client = fake()
    client.alias = None
    assert list(snapshot.live(deployed(client, "f"))) == ["$LATEST"]


def test_a_function_that_terraform_just_created_is_not_published(fake, zipped):
    assert to_deploy(fake(code=b"first"), zipped(b"first")) == [("live", ("published",))]


def test_published_code_is_no_change(published, zipped):
    assert to_deploy(published, zipped(b"first")) == []


def test_new_code_changes_the_alias_and_the_unpublished_code(published, zipped):
    both = [("$LATEST", ("sha256",)), ("live", ("sha256",))]
    assert to_deploy(published, zipped(b"second")) == both


def test_a_new_setting_of_the_function_changes_the_alias(published, zipped):
    published.configure(MemorySize=256)
    assert to_deploy(published, zipped(b"first")) == [("live", ("settings",))]


def test_traffic_sent_to_another_version_is_a_change(published, zipped):
    published.move("1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    assert to_deploy(published, zipped(b"first")) == [("live", ("routing",))]


def test_everything_is_created_where_there_is_nothing(zipped):
    changes = diff("function", {}, snapshot.worktree(zipped(b"first"), UNKNOWN))
    assert [change.action for change in changes] == ["create", "create"]


def test_what_was_just_recorded_has_not_drifted(published):
    assert drifted(FunctionRecord.of(deployed(published, "f")), published) == []


def test_a_release_without_a_function_is_an_empty_snapshot():
    assert snapshot.released(None) == {}


def test_code_uploaded_by_somebody_else_is_drift(published):
    record = FunctionRecord.of(deployed(published, "f"))
    published.replace_code(b"tampered")
    assert drifted(record, published) == [("$LATEST", ("sha256",))]
    published.move("$LATEST")
    both = [("$LATEST", ("sha256",)), ("live", ("published", "sha256"))]
    assert drifted(record, published) == both


def test_a_setting_of_the_unpublished_code_is_no_drift_of_the_function(published):
    record = FunctionRecord.of(deployed(published, "f"))
    published.configure(MemorySize=1024)
    assert drifted(record, published) == []
