from __future__ import annotations

import json
from dataclasses import replace

import pytest

from resumectl.release.record import SCHEMA, Release
from tests.fakes.records import READERS, Served, release

FULL = release(
    7,
    git={"revision": "abc", "dirty": False},
    message="New job ✓",
    parts={"infra": Served({}, "d1"), "site": Served({"index.html": "s", "a.css": "t"})},
    changes={"infra": {"create": 2}},
    smoke=({"name": "page", "ok": True},),
    timings={"upload-site": 0.5},
    urls={"site": "https://example.com/"},
    tool="0.1.0",
)


def stored(original=FULL, **changed):
    document = json.loads(json.dumps(original.as_json()))
    return {**document, **changed}


def test_a_release_comes_back_as_it_was_stored():
    assert Release.from_json(stored(), READERS) == FULL


def test_the_record_of_each_part_is_stored_under_its_name():
    document = stored()
    assert document["site"] == {"files": {"index.html": "s", "a.css": "t"}, "needs": []}
    assert document["infra"] == {"files": {}, "needs": ["d1"]}
    assert "parts" not in document
    assert document["schema"] == SCHEMA == "resumectl/release/v1"


def test_a_part_without_a_record_is_not_there():
    document = {**stored(), "function": None}
    del document["site"]
    assert Release.from_json(document, READERS).parts == {"infra": Served({}, "d1")}


def test_keys_that_a_newer_resumectl_added_are_left_alone():
    assert Release.from_json(stored(colour="green", queue={"length": 3}), READERS) == FULL


def test_a_summary_shows_each_part_in_short():
    summary = FULL.summary()
    assert (summary["site"], summary["infra"]) == ({"files": 2}, {"files": 0})
    assert {**summary, "site": 0, "infra": 0} == {**FULL.as_json(), "site": 0, "infra": 0}


def test_what_a_failed_deploy_uploaded_is_stored_and_not_shown():
    uploaded = {"site": frozenset({("a.css", "v2"), ("a.css", "v1")})}
    failed = replace(FULL, status="failed", uploaded=uploaded)
    assert stored(failed)["uploaded"] == {"site": [["a.css", "v1"], ["a.css", "v2"]]}
    assert Release.from_json(stored(failed), READERS) == failed
    assert "uploaded" not in failed.summary()


def test_visitors_get_the_files_of_all_parts():
    parts = {"site": Served({"index.html": "s"}), "blog": Served({"blog/a.html": "t"})}
    assert release(1, parts=parts).served == {"index.html": "s", "blog/a.html": "t"}
    assert release(1).served == {}


@pytest.mark.parametrize(
    ("more", "origin"), [({}, 7), ({"rollback_of": 3}, 3), ({"revert_of": 5}, 5)]
)
def test_the_origin_is_the_release_that_first_had_what_is_served(more, origin):
    assert replace(release(7), **more).origin == origin


DAMAGED = {
    "another schema": stored(schema="resumectl/release/v2"),
    "an unknown status": stored(status="half"),
    "no status": {key: value for key, value in stored().items() if key != "status"},
    "no schema": {key: value for key, value in stored().items() if key != "schema"},
    "a time without a zone": stored(time="2026-11-22T09:30:00"),
    "no time of day": stored(time="yesterday"),
    "a number for a time": stored(time=3),
    "a broken part": stored(site={"files": None}),
    "a part of another form": stored(site=["index.html"]),
    "uploads of another form": stored(uploaded=["index.html"]),
    "a list": [],
    "nothing": None,
    "text": "verified",
}


@pytest.mark.parametrize("document", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_record_is_an_error_of_a_known_kind(document):
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        Release.from_json(document, READERS)
