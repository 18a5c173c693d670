from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from resumectl.release import retention
from resumectl.settings import Retention
from tests.fakes.records import Served, release

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def days_old(number, days, status="verified"):
    return release(number, status, (NOW - timedelta(days=days)).isoformat())


def numbers(releases):
    return [each.id for each in releases]


# --- how many are kept


@pytest.mark.parametrize(
    ("keep", "count", "old"),
    [(3, 0, []), (3, 2, []), (3, 3, []), (3, 4, [1]), (3, 6, [1, 2, 3]), (1, 2, [1]), (20, 20, [])],
)
def test_releases_beyond_the_last_keep_are_candidates_oldest_first(keep, count, old):
    newest_first = list(range(count, 0, -1))
    assert retention.candidates(newest_first, Retention(keep=keep)) == old


# --- how long they are kept


@pytest.mark.parametrize(
    ("days", "old"),
    [([100, 95, 91], [1, 2, 3]), ([100, 89, 1], [1]), ([89, 1], []), ([], [])],
)
def test_releases_older_than_keep_days_have_expired(days, old):
    releases = [days_old(number, age) for number, age in enumerate(days, 1)]
    assert numbers(retention.expired(releases, Retention(keep_days=90), NOW)) == old


def test_a_release_expires_just_after_keep_days():
    at_the_limit = days_old(1, 90)
    assert list(retention.expired([at_the_limit], Retention(keep_days=90), NOW)) == []
    later = NOW + timedelta(seconds=1)
    assert list(retention.expired([at_the_limit], Retention(keep_days=90), later)) != []


def test_another_time_zone_changes_nothing():
    noon = release(1, time="2026-11-22T12:00:00+02:00")  # 10:00 UTC
    limit = Retention(keep_days=1)
    assert list(retention.expired([noon], limit, datetime(2026, 11, 23, 10, tzinfo=UTC))) == []
    assert list(retention.expired([noon], limit, datetime(2026, 11, 23, 10, 1, tzinfo=UTC))) != []


def test_no_record_is_read_after_the_first_young_one():
    read = []

    def reading():
        for number, days in enumerate([100, 50, 100], 1):
            read.append(number)
            yield days_old(number, days)

    assert numbers(retention.expired(reading(), Retention(keep_days=90), NOW)) == [1]
    assert read == [1, 2]


# --- what never goes


SPARED = [
    # how the releases ended, oldest first; the pinned one; what is spared
    ([], None, set()),
    (["verified"], None, {1}),
    (["unverified"], None, {1}),
    (["failed"], None, set()),
    (["verified", "verified", "verified"], None, {3}),
    (["verified", "unverified", "unverified"], None, {1, 3}),
    (["verified", "verified", "failed", "failed"], None, {2}),
    (["verified", "unverified", "failed"], None, {1, 2}),
    (["verified", "verified", "verified"], 1, {1, 3}),
    (["verified", "unverified", "unverified", "failed"], 2, {1, 2, 3}),
    (["failed"], 1, {1}),
    (["verified", "verified", "destroyed"], None, {2, 3}),
]


@pytest.mark.parametrize(("statuses", "pinned", "spared"), SPARED)
def test_the_live_the_last_verified_and_the_pinned_release_are_spared(statuses, pinned, spared):
    releases = [release(number, status) for number, status in enumerate(statuses, 1)]
    assert retention.spared(reversed(releases), pinned) == spared


def test_no_record_is_read_after_the_live_and_the_verified_one():
    releases = iter([release(3, "failed"), release(2), release(1)])
    retention.spared(releases, None)
    assert numbers(releases) == [1]


# --- what releases need


def test_the_needs_of_all_releases_are_joined_by_part():
    releases = [
        release(1, parts={"site": Served({}, "v1", "v2"), "infra": Served({}, "d1")}),
        release(2, parts={"site": Served({}, "v2", "v3")}),
        release(3),
    ]
    assert retention.needs(releases) == {
        "site": {("v1",), ("v2",), ("v3",)},
        "infra": {("d1",)},
    }


def test_equal_needs_of_different_parts_are_told_apart():
    releases = [release(1, parts={"site": Served({}, "x"), "function": Served({}, "y")})]
    assert retention.needs(releases) == {"site": {("x",)}, "function": {("y",)}}


def test_no_releases_need_nothing():
    assert retention.needs([]) == {}
