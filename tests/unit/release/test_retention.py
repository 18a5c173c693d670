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


OLD = NOW - timedelta(days=1000)


def history(*rows, **more):
    """Old releases from `(status, origin)` or a status, the newest first."""
    releases = []
    for number, row in enumerate(rows, 1):
        status, origin = row if isinstance(row, tuple) else (row, number)
        serves = {} if origin == number else {"revert_of": origin}
        releases.append(release(number, status, OLD.isoformat(), **serves, **more))
    return releases[::-1]


def expired(releases, keep=1, keep_days=90, now=NOW, pinned=None):
    return numbers(retention.expired(releases, Retention(keep, keep_days), now, pinned))


# --- how many are kept

V, U, F, D = "verified", "unverified", "failed", "destroyed"
KEPT = [
    # keep; the releases, oldest first: how they ended, and for a revert what it serves; what goes
    (3, [], []),
    (3, [V, V], []),
    (3, [V, V, V], []),
    (3, [V, V, V, V], [1]),
    (3, [V, V, V, V, V, V], [1, 2, 3]),
    (1, [V, V], [1]),
    (2, [V, U, U, V], [1, 2]),
    # failed deploys push nothing out, and go with the releases around them
    (2, [V, V, F, F, F], []),
    (2, [V, F, V, F, V], [1, 2]),
    (2, [F, V, V], [1]),
    (1, [F, V], [1]),
    (2, [F, V], []),
    # nor does a destroyed environment
    (2, [V, V, D], []),
    (2, [V, V, D, V], [1]),
    # which stays as long as anything before it
    (1, [V, D, V], [1, 2]),
    (1, [V, D, U, U], [3]),
    (1, [V, V, D, D, U, U], [1, 5]),
    (2, [V, (V, 1), D, V], []),
    (1, [V, D, V, D, U, V], [1, 2, 3, 4, 5]),
    # nor do reverts and rollbacks: what they serve counts once
    (2, [V, V, (V, 2), (V, 2)], []),
    (2, [V, V, (V, 1)], []),
    (2, [V, V, V, (V, 1)], [2]),
    (2, [V, V, V, V, (V, 1), (V, 2)], [3, 4]),
    (2, [V, V, V, (V, 3)], [1]),
]


@pytest.mark.parametrize(("keep", "rows", "old"), KEPT)
def test_releases_beyond_the_last_keep_go_the_oldest_first(keep, rows, old):
    assert expired(history(*rows), keep) == old


# --- how long they are kept


@pytest.mark.parametrize(
    ("days", "old"),
    [([100, 95, 91], [1, 2]), ([100, 89, 1], [1]), ([89, 1], []), ([], []), ([100, 99], [1])],
)
def test_only_releases_older_than_keep_days_go(days, old):
    releases = [days_old(number, age) for number, age in enumerate(days, 1)]
    assert expired(releases[::-1]) == old


def test_a_release_expires_just_after_keep_days():
    at_the_limit = [days_old(2, 0), days_old(1, 90)]
    assert expired(at_the_limit) == []
    assert expired(at_the_limit, now=NOW + timedelta(seconds=1)) == [1]


def test_without_keep_days_the_number_alone_decides():
    releases = [days_old(2, 0), days_old(1, 0.1)]
    assert expired(releases, keep_days=0) == [1]


def test_another_time_zone_changes_nothing():
    noon = release(1, time="2026-11-22T12:00:00+02:00")  # 10:00 UTC
    limit = Retention(keep_days=1)
    assert not retention.is_old(noon, limit, datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert retention.is_old(noon, limit, datetime(2026, 11, 23, 10, 1, tzinfo=UTC))


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


@pytest.mark.parametrize(
    ("statuses", "pinned", "old"),
    [
        ([V, V, V], 1, [2]),
        ([V, U, U, F], None, [2]),
        ([V, V, U], None, [1]),
        ([F, V, V], 1, [2]),
    ],
)
def test_what_is_spared_does_not_go_however_old_it_is(statuses, pinned, old):
    assert expired(history(*statuses), pinned=pinned) == old


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


# --- what goes


def made_of(number, status=V, *needed, **more):
    parts = {"site": Served({}, *needed)} if needed else {}
    return release(number, status, parts=parts, **more)


def failed(number, *uploaded, **more):
    left = {"site": frozenset((each,) for each in uploaded)}
    return release(number, F, uploaded=left, **more)


def needless(*oldest_first, old=()):
    releases = oldest_first[::-1]
    gone = retention.needless(releases, [each for each in releases if each.id in old])
    assert {*gone} <= {"site"}
    return {need for (need,) in gone.get("site", ())}


SITE = {"changes": {"site": {"update": 1}}}
LEFT = [
    # what goes is what no kept release needs
    ([made_of(1, V, "a", "b"), made_of(2, V, "b")], [1], {"a"}),
    ([made_of(1, V, "a"), made_of(2, V, "b"), made_of(3, V, "a")], [1], set()),
    ([made_of(1, V, "a"), made_of(2, U, "a"), made_of(3, V, "b")], [1], set()),
    ([made_of(1, V, "a"), made_of(2, V, "b"), made_of(3, V, "c")], [1, 2], {"a", "b"}),
    ([made_of(1, V, "a"), made_of(2, V, "b")], [], set()),
    # what a failed deploy uploaded goes if it was taken back, or the part was applied again
    ([made_of(1, V, "a"), failed(2, "x", taken_back_to=1), made_of(3, V, "b")], [], {"x"}),
    ([made_of(1, V, "a"), failed(2, "x"), made_of(3, V, "b", **SITE)], [], {"x"}),
    ([made_of(1, V, "a"), failed(2, "x", "b"), made_of(3, V, "b", **SITE)], [], {"x"}),
    # otherwise it may be live
    ([made_of(1, V, "a"), failed(2, "x"), made_of(3, V, "a")], [], set()),
    ([made_of(1, V, "a", **SITE), failed(2, "x"), made_of(3, V, "a")], [], set()),
    ([made_of(1, V, "a"), failed(2, "x"), failed(3, **SITE), made_of(4, V, "a")], [], set()),
    # all of those that failed since the last release
    (
        [
            failed(1, "w", taken_back_to=0),
            made_of(2),
            failed(3, "x"),
            failed(4, "y"),
            made_of(5, V, **SITE),
        ],
        [],
        {"x", "y"},
    ),
    # earlier ones go with their records, with what they applied of a part that is never taken back
    ([failed(1, "w", taken_back_to=0), made_of(2), made_of(3, V, "b")], [1], {"w"}),
    ([made_of(1, F, "a"), made_of(2, V, "b"), made_of(3, V, "c")], [1], {"a"}),
    ([made_of(1, F, "a"), made_of(2, V, "a"), made_of(3, V, "c")], [1], set()),
    # a failed deploy needs nothing itself, a destroyed environment has nothing
    ([made_of(1, V, "a"), made_of(2, F, "a"), made_of(3, V, "b")], [1], {"a"}),
    ([made_of(1, V, "a"), release(2, D), made_of(3, V, "b")], [1], {"a"}),
]


@pytest.mark.parametrize(("releases", "old", "gone"), LEFT)
def test_what_goes_with_the_old_releases(releases, old, gone):
    assert needless(*releases, old=old) == gone


def test_parts_of_which_nothing_goes_are_left_out():
    releases = [made_of(2, V, "a"), made_of(1, V, "a")]
    assert retention.needless(releases, releases[1:]) == {}
