from __future__ import annotations

import json

import pytest

from resumectl.infra.record import InfraRecord
from resumectl.infra.state import Resource, State

RECORD = InfraRecord("d1", 7)
KINDS = ("aws_s3_bucket", "aws_dynamodb_table", "aws_iam_role")


def test_a_record_survives_the_ledger():
    document = json.loads(json.dumps(RECORD.as_json()))
    assert InfraRecord.from_json(document) == RECORD
    assert RECORD.summary() == {"digest": "d1", "serial": 7}


def test_a_record_needs_its_configuration_and_serves_no_file():
    assert RECORD.needs() == {("d1",)}
    assert RECORD.served() == {}


@pytest.mark.parametrize("document", [{}, {"digest": "d1"}, {"digest": "d1", "serial": "x"}])
def test_an_incomplete_record_is_an_error(document):
    with pytest.raises((KeyError, ValueError)):
        InfraRecord.from_json(document)


def test_the_tables_of_the_state_are_recorded_and_make_no_difference():
    """Two releases of one configuration are the same, whatever an older resumectl recorded."""
    rows = [Resource(f"{kind}.x", kind, tainted=False, attributes={}) for kind in KINDS]
    record = InfraRecord.of("d1", State(7, "l", {}, tuple(rows)))
    assert record.tables == ("aws_dynamodb_table.x",)
    assert (record == RECORD, record.summary()) == (True, RECORD.summary())
    read = InfraRecord.from_json(json.loads(json.dumps(record.as_json())))
    assert read.tables == record.tables
    assert InfraRecord.from_json({"digest": "d1", "serial": 7}) == RECORD
