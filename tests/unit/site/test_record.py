"""What a release remembers of the site."""

from __future__ import annotations

import json

import pytest

from resumectl.site import snapshot
from resumectl.site.manifest import LiveObject, ReleasedObject
from resumectl.site.record import SiteRecord


def versions(record):
    return {key: entry.version_id for key, entry in record.objects.items()}


@pytest.fixture
def files(site):
    return site({"a.txt": b"12", "b.txt": b"345"})


@pytest.fixture
def record(files):
    return SiteRecord.of(files, {}, {"a.txt": "v1", "b.txt": "v2"})


def as_live(files):
    """The files as they are live, with a version id of their own."""
    return {
        key: LiveObject(snapshot.fields(file), file.size, f"live-{key}", "e")
        for key, file in files.items()
    }


def test_what_was_written_has_its_new_version_and_the_rest_the_live_one(files):
    record = SiteRecord.of(files, as_live(files), {"b.txt": "new"})
    assert versions(record) == {"a.txt": "live-a.txt", "b.txt": "new"}


def test_an_object_that_was_written_over_a_different_one_has_its_new_version(files, site):
    live = as_live(site({"a.txt": b"other", "b.txt": b"other"}))
    record = SiteRecord.of(files, live, {"a.txt": "v3", "b.txt": "v4"})
    assert versions(record) == {"a.txt": "v3", "b.txt": "v4"}


def test_a_live_object_that_is_not_part_of_the_site_is_not_recorded(files):
    only = {"a.txt": files["a.txt"]}
    assert versions(SiteRecord.of(only, as_live(files), {})) == {"a.txt": "live-a.txt"}


def test_a_file_that_is_not_live_cannot_be_recorded(files, site):
    live = as_live(site({"a.txt": b"other", "b.txt": b"other"}))
    with pytest.raises(KeyError):
        SiteRecord.of(files, live, {"a.txt": "v3"})


def test_a_restored_object_that_still_differs_stays_as_recorded(record, site):
    """The settings ignore it."""
    live = as_live(site({"a.txt": b"12", "b.txt": b"other"}))
    restored = SiteRecord.of(record.objects, live, {})
    assert versions(restored) == {"a.txt": "live-a.txt", "b.txt": "v2"}
    assert restored.objects["b.txt"] == record.objects["b.txt"]


def test_a_restored_object_that_is_still_missing_stays_as_recorded(record):
    assert SiteRecord.of(record.objects, {}, {}) == record


def test_the_record_survives_the_ledger(record):
    assert SiteRecord.from_json(json.loads(json.dumps(record.as_json()))) == record


def test_an_entry_that_is_not_an_object_is_an_error():
    with pytest.raises(TypeError):
        SiteRecord.from_json({"index.html": None})


def test_documents_show_only_how_much_there_is(record):
    assert record.summary() == {"objects": 2, "bytes": 5}


def test_a_release_needs_the_version_of_every_object(record):
    assert record.needs() == {("a.txt", "v1"), ("b.txt", "v2")}


def test_the_served_files_are_listed_with_their_digests(record, files):
    assert record.served() == {key: file.sha256 for key, file in files.items()}
    assert SiteRecord({"a": ReleasedObject("ab", 1, "", "", "v1")}).served() == {"a": "ab"}
