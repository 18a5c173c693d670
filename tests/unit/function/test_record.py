"""What a release remembers of the function."""

from __future__ import annotations

import json

import pytest

from resumectl.function.deployed import Deployed
from resumectl.function.record import FunctionRecord

RECORD = FunctionRecord("3", "ab", {"memory_mb": 128}, {"2": 0.1}, "cd")


def test_the_record_is_what_is_live(live, service, zipped):
    other = service.divert(0.1)
    service.replace_code(b"second")
    record = FunctionRecord.of(live.deployed())
    assert (record.version, record.sha256) == ("1", zipped(b"first").sha256)
    assert record.settings["memory_mb"] == 128
    assert record.routing == {other: 0.1}
    assert record.latest == zipped(b"second").sha256


def test_nothing_is_recorded_where_nothing_is_published(live, service):
    assert FunctionRecord.of(Deployed()) is None
    service.move("$LATEST")
    assert FunctionRecord.of(live.deployed()) is None


def test_the_record_survives_the_ledger(live):
    record = FunctionRecord.of(live.deployed())
    assert FunctionRecord.from_json(json.loads(json.dumps(record.as_json()))) == record


def test_the_keys_in_the_ledger_do_not_change():
    assert list(RECORD.as_json()) == ["version", "sha256", "settings", "routing", "latest"]
    assert RECORD.summary() == RECORD.as_json()


def test_keys_of_a_later_version_are_ignored():
    assert FunctionRecord.from_json({**RECORD.as_json(), "added": 1}) == RECORD


def test_a_record_that_lacks_a_key_is_an_error():
    document = RECORD.as_json()
    del document["version"]
    with pytest.raises(KeyError):
        FunctionRecord.from_json(document)


def test_a_release_needs_its_version_and_both_zips():
    assert RECORD.needs() == {("version", "3", "ab"), ("package", "ab"), ("package", "cd")}


def test_the_function_serves_no_files():
    assert RECORD.served() == {}
