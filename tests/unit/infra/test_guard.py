from __future__ import annotations

import itertools

import pytest

from resumectl.infra import guard
from resumectl.infra.state import Resource, State
from resumectl.plan import REPLACE, Change

HOLDS_DATA = ("aws_dynamodb_table", "aws_s3_bucket", "aws_cloudfront_distribution")
HARMLESS = (
    "aws_iam_role",
    "aws_s3_bucket_policy",
    "aws_lambda_function",
    "aws_cloudfront_function",
)
SIDES = {
    "create": (None, {"a": 1}),
    "update": ({"a": 1}, {"a": 2}),
    "delete": ({"a": 1}, None),
    "replace": ({"a": 1}, {"a": 1, REPLACE: True}),
}
ADDRESSES = (
    "{}.site",
    "{}.site[0]",
    '{}.site["a.b"]',
    '{}.site["aws_iam_role.x"]',
    "module.a.{}.site",
    'module.a["x.y"].{}.site["]."]',
    "{}.site (deposed 1a2b3c4d)",
)
TABLE, BUCKET = "aws_dynamodb_table.counter", "aws_s3_bucket.site"


@pytest.mark.parametrize(("type_", "action"), list(itertools.product(HOLDS_DATA + HARMLESS, SIDES)))
def test_only_the_loss_of_resources_that_hold_data_is_guarded(type_, action):
    lines = guard.losses([Change("infra", f"{type_}.site", *SIDES[action])])
    assert bool(lines) == (type_ in HOLDS_DATA and action in ("delete", "replace"))
    assert all(f"{type_}.site would be {action}d: " in line for line in lines)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("type_", ["aws_s3_bucket", "aws_iam_role"])
def test_the_guard_reads_every_form_of_address(address, type_):
    lines = guard.losses([Change("infra", address.format(type_), {}, None)])
    assert bool(lines) == (type_ in HOLDS_DATA)


@pytest.mark.parametrize("key", ["output.site_url", "data", ""])
def test_outputs_hold_no_data(key):
    assert guard.losses([Change("infra", key, {"value": "x"}, None)]) == []


def test_all_losses_are_named():
    changes = [
        Change("infra", TABLE, {}, None),
        Change("infra", "aws_iam_role.counter", {}, None),
        Change("infra", BUCKET, {}, {REPLACE: True}),
    ]
    assert [line.split(":")[0] for line in guard.losses(changes)] == [
        f"{TABLE} would be deleted",
        f"{BUCKET} would be replaced",
    ]


@pytest.mark.parametrize(
    ("table", "bucket", "protected"),
    [
        ({"deletion_protection_enabled": True}, {"force_destroy": False}, [TABLE, BUCKET]),
        ({"deletion_protection_enabled": True}, {"force_destroy": True}, [TABLE]),
        ({"deletion_protection_enabled": False}, {}, [BUCKET]),
        ({}, {"force_destroy": True}, []),
    ],
)
def test_protected_tables_and_buckets_with_objects_refuse_to_be_deleted(table, bucket, protected):
    rows = {TABLE: table, BUCKET: bucket, "aws_s3_bucket_policy.site": {"policy": "x"}}
    deletions = [Change("infra", address, fields, None) for address, fields in rows.items()]
    assert guard.protected(deletions) == protected


# --- what is gone already


def state(*addresses, released=()):
    resources = (
        Resource(key, key.split(".")[0], tainted=False, attributes={}) for key in addresses
    )
    return State(1, "l", {}, tuple(resources), frozenset(released))


CREATED = Change("infra", TABLE, None, {"name": "t"})
GONE = [
    ([CREATED], state(TABLE), {TABLE: "t"}),
    ([CREATED], state(released=[TABLE]), {TABLE: "t"}),
    ([CREATED], state(), {}),
    ([CREATED], state("aws_dynamodb_table.other", released=[BUCKET]), {}),
    ([Change("infra", TABLE, {"name": "s"}, {"name": "t"})], state(TABLE), {}),
    ([Change("infra", TABLE, {"name": "t"}, None)], state(TABLE), {}),
    ([Change("infra", BUCKET, None, {"bucket": "b"})], state(BUCKET), {}),
]


@pytest.mark.parametrize(("changes", "known", "tables"), GONE)
def test_a_table_that_the_state_knows_and_that_would_be_created_is_gone(changes, known, tables):
    assert guard.gone(changes, known) == tables


def test_deleted_tables_and_buckets_are_found():
    changes = [
        Change("infra", TABLE, {"name": "t"}, None, "deleted"),
        Change("infra", BUCKET, {"bucket": "b"}, None, "deleted"),
        Change("infra", "aws_s3_bucket_policy.site", {"bucket": "b"}, None, "deleted"),
        Change("infra", "aws_dynamodb_table.other", {"name": "s"}, {"name": "s"}, "changed"),
    ]
    assert guard.deleted(changes) == ({TABLE: "t"}, [BUCKET])
    assert guard.deleted([]) == ({}, [])
