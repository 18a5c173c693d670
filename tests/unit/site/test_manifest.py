"""One object as a release records it."""

from __future__ import annotations

import json

import pytest

from resumectl.site.manifest import ReleasedObject

ENTRY = ReleasedObject("ab", 3, "text/plain", "no-cache", "v1")


def test_an_entry_survives_the_ledger():
    assert ReleasedObject.from_json(json.loads(json.dumps(ENTRY.as_json()))) == ENTRY


def test_the_keys_in_the_ledger_do_not_change():
    keys = ["sha256", "size", "content_type", "cache_control", "version_id"]
    assert list(ENTRY.as_json()) == keys


def test_keys_of_a_later_version_are_ignored():
    assert ReleasedObject.from_json({**ENTRY.as_json(), "added": 1}) == ENTRY


def test_an_entry_that_lacks_a_key_is_an_error():
    entry = ENTRY.as_json()
    del entry["version_id"]
    with pytest.raises(KeyError):
        ReleasedObject.from_json(entry)


def test_a_file_is_recorded_with_the_version_it_was_uploaded_as(site):
    (file,) = site({"a.css": b"x"}).values()
    entry = ReleasedObject.of(file, "v7")
    assert (entry.sha256, entry.size, entry.version_id) == (file.sha256, 1, "v7")
    assert (entry.content_type, entry.cache_control) == (file.content_type, file.cache_control)
