from __future__ import annotations

import json

import pytest

from resumectl.infra.record import InfraRecord

RECORD = InfraRecord("d1", 7)


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
