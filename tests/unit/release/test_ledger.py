from __future__ import annotations

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from resumectl.release.ledger import SCHEMA, Ledger, Release


@pytest.fixture
def ledger(s3, bucket):
    return Ledger(s3, bucket, "prod")


def release(status="verified", **more):
    return Release(
        id=0,
        env="prod",
        time="2026-11-22T09:30:00+00:00",
        status=status,
        actor={"name": "me"},
        **more,
    )


FULL = release(
    git={"revision": "abc", "dirty": False},
    message="New job ✓",
    infra={"digest": "d", "serial": 3},
    function={"version": "1", "sha256": "f"},
    site={"index.html": {"sha256": "s", "size": 5}, "a.css": {"sha256": "t", "size": 7}},
    changes={"infra": {"create": 2}},
    smoke=({"name": "page", "ok": True},),
    timings={"Upload the site": 0.5},
    urls={"site": "https://example.com/"},
    rollback_of=None,
    repair_of=None,
    tool="0.1.0",
)


# --- records


def test_a_record_comes_back_as_it_was_stored(ledger):
    stored = ledger.append(FULL)
    assert stored.id == 1
    assert ledger.read(1) == stored


def test_a_record_is_one_json_document_that_names_its_schema(s3, bucket, ledger):
    ledger.append(FULL)
    answer = s3.get_object(Bucket=bucket, Key="releases/prod/000001.json")
    document = json.loads(answer["Body"].read())
    assert answer["ContentType"] == "application/json"
    assert (document["schema"], document["id"], document["message"]) == (SCHEMA, 1, "New job ✓")


def test_what_a_newer_resumectl_added_is_left_alone():
    document = {**json.loads(json.dumps(FULL.as_json())), "colour": "green"}
    assert Release.from_json(document) == FULL


def test_a_summary_counts_the_site_instead_of_listing_it():
    summary = FULL.summary()
    assert summary["site"] == {"objects": 2, "bytes": 12}
    assert {**summary, "site": None} == {**FULL.as_json(), "site": None}


@pytest.mark.parametrize(
    ("more", "origin"), [({}, 7), ({"rollback_of": 3}, 3), ({"repair_of": 5}, 5)]
)
def test_what_was_brought_back_has_the_release_that_had_it_first_as_its_origin(more, origin):
    assert replace(release(**more), id=7).origin == origin


# --- numbers


def test_numbers_grow_and_are_listed_newest_first(ledger):
    assert ledger.numbers() == []
    assert [ledger.append(release(message=str(n))).id for n in range(12)] == list(range(1, 13))
    assert ledger.numbers() == list(range(12, 0, -1))
    assert [found.message for found in ledger.newest_first()][:2] == ["11", "10"]


def test_each_environment_has_numbers_of_its_own(s3, bucket, ledger):
    Ledger(s3, bucket, "prod2").append(release())
    assert ledger.append(release()).id == 1


def test_other_objects_beside_the_records_are_passed_over(s3, bucket, ledger):
    for name in ("README.md", "latest.json", "000001.json.bak", "x/000007.json"):
        s3.put_object(Bucket=bucket, Key=f"releases/prod/{name}", Body=b"")
    assert ledger.numbers() == []


def test_a_million_releases_still_have_their_order(s3, bucket, ledger):
    for number in (999_999, 1_000_000):
        s3.put_object(Bucket=bucket, Key=f"releases/prod/{number:06d}.json", Body=b"{}")
    assert ledger.numbers() == [1_000_000, 999_999]


def test_a_ledger_without_a_bucket_is_empty(empty_s3):
    nowhere = Ledger(empty_s3, "not-there", "prod")
    assert nowhere.numbers() == []
    assert nowhere.read(1) is None
    assert nowhere.live() is None


def test_a_number_that_was_never_given(ledger):
    assert ledger.read(7) is None


@pytest.mark.parametrize("call", ["get_object", "put_object"])
def test_any_other_error_is_an_error(s3, ledger, error_of, call):
    s3.fail_at, s3.error = [call], error_of("AccessDenied")
    with pytest.raises(ClientError):
        ledger.append(release()) if call == "put_object" else ledger.read(1)
    assert ledger.numbers() == []


# --- two at once


def test_two_deploys_never_get_the_same_number(s3, bucket, ledger):
    s3.before["put_object"] = lambda: Ledger(s3.s3, bucket, "prod").append(
        release(message="theirs")
    )
    ours = ledger.append(release(message="ours"))
    assert ours.id == 2
    assert [found.message for found in ledger.newest_first()] == ["ours", "theirs"]


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict"])
def test_a_record_whose_answer_was_lost_is_not_written_twice(s3, ledger, error_of, code):
    """The client tries again by itself, and is told that the number is taken: by us."""
    s3.fail_at, s3.error, s3.lost = ["put_object"], error_of(code), True
    assert ledger.append(FULL).id == 1
    assert ledger.numbers() == [1]


# --- what is released


RELEASED = [
    # how the releases ended; the newest; what is released
    ([], None, None),
    (["verified"], 1, 1),
    (["unverified"], 1, 1),
    (["failed"], 1, None),
    (["verified", "failed"], 2, 1),
    (["verified", "failed", "failed"], 3, 1),
    (["verified", "failed", "verified"], 3, 3),
    (["verified", "destroyed"], 2, None),
    (["verified", "destroyed", "failed"], 3, None),
    (["verified", "destroyed", "unverified"], 3, 3),
]


def test_released_is_the_newest_that_did_not_fail(s3, bucket):
    for number, (statuses, newest, live) in enumerate(RELEASED):
        ledger = Ledger(s3, bucket, f"env-{number}")
        for status in statuses:
            ledger.append(release(status))
        assert tuple(found and found.id for found in ledger.heads()) == (newest, live), statuses
        assert (ledger.live() and ledger.live().id) == live, statuses
