from __future__ import annotations

import json

from resumectl.site.manifest import ReleasedObject

ENTRY = ReleasedObject("ab", 3, "text/plain", "no-cache", "v1")


def test_an_entry_survives_the_ledger():
    assert ReleasedObject.from_json(json.loads(json.dumps(ENTRY.as_json()))) == ENTRY


def test_the_ledgers_form_is_a_contract():
    assert list(ENTRY.as_json()) == [
        "sha256",
        "size",
        "content_type",
        "cache_control",
        "version_id",
    ]


def test_what_a_later_version_adds_is_ignored():
    assert ReleasedObject.from_json({**ENTRY.as_json(), "added": 1}) == ENTRY
