from __future__ import annotations

import pytest

from resumectl.commands import destroy
from resumectl.plan import Change, Plan

TABLE, BUCKET = "aws_dynamodb_table.counter", "aws_s3_bucket.site"


@pytest.mark.parametrize(
    ("table", "bucket", "guarded"),
    [
        ({"deletion_protection_enabled": True}, {"force_destroy": False}, [TABLE, BUCKET]),
        ({"deletion_protection_enabled": True}, {"force_destroy": True}, [TABLE]),
        ({"deletion_protection_enabled": False}, {}, [BUCKET]),
        ({}, {"force_destroy": True}, []),
    ],
)
def test_what_refuses_to_be_deleted(table, bucket, guarded):
    rows = {TABLE: table, BUCKET: bucket, "aws_s3_bucket_policy.site": {"policy": "x"}}
    plan = Plan(tuple(Change("infra", address, fields, None) for address, fields in rows.items()))
    assert destroy._guarded(plan) == guarded
