"""Serving a recorded function again: from its version, or else from its zip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from resumectl.errors import Refused, SmokeFailed
from resumectl.function.publish import Lambda, publish
from resumectl.function.record import FunctionRecord
from resumectl.function.restore import Recorded
from resumectl.release.record import Release

RELEASE = Release(
    4, "prod", "2026-11-22T09:00:00+00:00", "verified", {}, git={"revision": "0123456789abcdef"}
)
BOTH = ("live", "$LATEST")


@pytest.fixture
def first(packaged):
    return packaged("first")


@pytest.fixture
def second(packaged):
    return packaged("second")


@pytest.fixture
def serving(function, service, first, second):
    """Version 1 is of the first code; version 2, of the second, is live."""
    service.create(first.data)
    publish(function, first)
    publish(function, second)
    service.forget()
    return function


@dataclass
class Restoration:
    """The way back to a release; `keys` are what differs from it."""

    function: Lambda
    kept: dict
    recorded: Recorded

    def check(self, *keys):
        self.recorded.check(self.function, self.kept, keys)

    def restore(self, *keys):
        self.recorded.restore(self.function, self.kept, keys)


@pytest.fixture
def restoration(serving, kept, first):
    """The way back from version 2 to version 1."""
    record = FunctionRecord("1", first.sha256, serving.deployed().live.settings, {}, first.sha256)
    kept[first.sha256] = first.data
    return Restoration(serving, kept, Recorded(RELEASE, record))


def test_the_recorded_version_gets_the_traffic_without_an_upload(restoration, serving, service):
    restoration.restore("live")
    assert serving.deployed().live.version == "1"
    assert service.calls == ["invoke", "update_alias"]
    assert service.steps[-1] == "version 1"


def test_a_version_that_is_gone_is_published_again_from_its_zip(
    restoration, serving, service, first
):
    service.delete_version("1")
    restoration.restore("live")
    assert serving.deployed().live.sha256 == first.sha256
    assert service.steps[-1] == "version 3, published again"


def test_a_version_number_that_means_other_code_now_is_not_served(
    restoration, serving, service, first, second
):
    """A function that Terraform created anew counts its versions from 1 again."""
    service.create(b"other")
    service.publish()
    publish(serving, second)
    restoration.restore("live")
    assert serving.deployed().live.sha256 == first.sha256
    assert serving.deployed().live.version == "3"


def test_a_version_that_stopped_working_gets_no_traffic(restoration, serving, service, first):
    service.set_answer(first.code_sha256, {"statusCode": 500})
    with pytest.raises(SmokeFailed):
        restoration.restore("live")
    assert serving.deployed().live.version == "2"


def test_only_the_unpublished_code_is_restored_if_only_it_differs(
    restoration, serving, service, first
):
    restoration.restore("$LATEST")
    function = serving.deployed()
    assert (function.latest.sha256, function.live.version) == (first.sha256, "2")
    assert service.calls == ["update_function_code"]


def test_both_are_restored_if_both_differ(restoration, serving, first):
    restoration.restore(*BOTH)
    function = serving.deployed()
    assert (function.latest.sha256, function.live.version) == (first.sha256, "1")


# --- before anything is changed


def test_the_check_passes_without_a_zip_while_the_version_is_there(restoration, kept):
    kept.clear()
    restoration.check("live")


def test_the_check_passes_without_a_version_while_the_zip_is_kept(restoration, service):
    service.delete_version("1")
    restoration.check("live")
    assert service.calls == []


def test_the_check_refuses_when_version_and_zip_are_gone(restoration, service, kept):
    service.delete_version("1")
    kept.clear()
    with pytest.raises(Refused, match="Release #4 cannot be restored") as refused:
        restoration.check("live")
    assert refused.value.code == "artifacts-gone"
    assert "git checkout 0123456789ab and" in refused.value.hint
    assert service.calls == []


def test_without_a_revision_the_hint_names_none(restoration, service, kept):
    service.delete_version("1")
    kept.clear()
    restoration.recorded = replace(restoration.recorded, release=replace(RELEASE, git={}))
    with pytest.raises(Refused) as refused:
        restoration.check("live")
    assert "git checkout" not in refused.value.hint


def test_the_check_refuses_when_the_zip_of_the_unpublished_code_is_gone(restoration, kept):
    kept.clear()
    with pytest.raises(Refused):
        restoration.check(*BOTH)


def test_the_check_needs_nothing_where_nothing_differs(restoration, service, kept):
    service.delete_version("1")
    kept.clear()
    restoration.check()


def test_a_zip_that_disappears_after_the_check_changes_nothing(restoration, service, kept):
    service.delete_version("1")
    kept.clear()
    with pytest.raises(Refused):
        restoration.restore("live")
    assert service.calls == []


# --- what is recorded afterwards

RECORD = FunctionRecord("1", "ab", {}, {}, "ab")
LIVE = FunctionRecord("2", "cd", {"memory_mb": 256}, {}, "ef")


def test_what_was_read_back_is_recorded():
    assert Recorded(RELEASE, RECORD).as_restored(LIVE) == LIVE


def test_an_ignored_alias_stays_as_recorded():
    recorded = Recorded(RELEASE, RECORD, frozenset({"live"}))
    assert recorded.as_restored(LIVE) == replace(RECORD, latest="ef")


def test_ignored_unpublished_code_stays_as_recorded():
    recorded = Recorded(RELEASE, RECORD, frozenset({"$LATEST"}))
    assert recorded.as_restored(LIVE) == replace(LIVE, latest="ab")


def test_what_is_ignored_altogether_stays_as_recorded():
    recorded = Recorded(RELEASE, RECORD, frozenset(BOTH))
    assert recorded.as_restored(LIVE) == RECORD
    assert recorded.as_restored(None) == RECORD


def test_nothing_is_recorded_where_nothing_is_live():
    assert Recorded(RELEASE, RECORD).as_restored(None) is None
