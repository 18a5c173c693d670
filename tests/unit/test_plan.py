from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resumectl.plan import REPLACE, UNKNOWN, Change, Plan, diff, guard, of_kind

FIELDS = st.dictionaries(
    st.sampled_from(["sha256", "size"]), st.sampled_from([None, "", "x", 1, ["x"]])
)
SNAPSHOTS = st.dictionaries(st.sampled_from(["index.html", "a/b.css", "a.js", ""]), FIELDS)
few = settings(max_examples=40)


def applied(snapshot, changes):
    """What becomes of a snapshot when changes are applied to it."""
    result = dict(snapshot)
    for change in changes:
        if change.after is None:
            del result[change.key]
        else:
            result[change.key] = change.after
    return result


# --- diff


@few
@given(SNAPSHOTS)
def test_nothing_differs_from_itself(snapshot):
    assert diff("site", snapshot, dict(snapshot)) == ()


@few
@given(SNAPSHOTS, SNAPSHOTS)
def test_applying_the_difference_leaves_nothing_to_do(before, after):
    result = applied(before, diff("site", before, after))
    assert result == after
    assert diff("site", result, after) == ()


@few
@given(SNAPSHOTS, SNAPSHOTS)
def test_changes_are_sorted_by_key_each_once(before, after):
    keys = [change.key for change in diff("site", before, after)]
    assert keys == sorted(set(keys))


@few
@given(SNAPSHOTS, SNAPSHOTS)
def test_the_way_back_undoes_the_way_there(before, after):
    there, back = diff("site", before, after), diff("site", after, before)
    assert [(c.key, c.before, c.after) for c in there] == [(c.key, c.after, c.before) for c in back]


@few
@given(SNAPSHOTS, SNAPSHOTS)
def test_an_update_names_what_differs(before, after):
    for change in diff("site", before, after):
        if change.action == "update":
            assert change.fields
        for name in change.fields:
            assert name in (change.before or {}) or name in (change.after or {})


# --- Change


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        (None, {}, "create"),
        ({}, None, "delete"),
        ({"a": 1}, {"a": 2}, "update"),
        ({"a": 1}, {"a": 2, REPLACE: True}, "replace"),
        (None, {"a": 2, REPLACE: True}, "create"),
    ],
)
def test_the_action_follows_from_the_sides(before, after, action):
    assert Change("infra", "aws_s3_bucket.site", before, after).action == action


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ({"b": 1, "a": 1, "c": 1}, {"b": 2, "a": 2, "c": 1}, ("a", "b")),
        ({"a": 1}, {"a": 1, "b": None}, ("b",)),
        ({"a": 1}, {}, ("a",)),
        (None, {"b": 1, "a": 1}, ("a", "b")),
        ({"a": 1}, {"a": 1, REPLACE: True}, ()),
        ({"arn": "x"}, {"arn": UNKNOWN}, ("arn",)),
    ],
)
def test_fields_are_the_names_that_differ(before, after, fields):
    assert Change("infra", "key", before, after).fields == fields


def test_as_json_shows_names_but_no_values():
    change = Change("infra", "aws_ssm_parameter.key", {"value": "hunter1"}, {"value": "hunter2"})
    assert change.as_json() == {
        "part": "infra",
        "key": "aws_ssm_parameter.key",
        "action": "update",
        "fields": ["value"],
    }


def test_a_kind_is_shown_when_there_is_one():
    (change,) = of_kind("tampered", [Change("site", "index.html", {}, None)])
    assert change.as_json()["kind"] == "tampered"


# --- Plan

CHANGES = (
    Change("site", "b.html", None, {"size": 1}),
    Change("infra", "aws_iam_role.function", {"path": "/"}, {"path": "/x"}),
    Change("site", "a.html", {"size": 1}, None),
    Change("site", "c.html", None, {"size": 1}),
)


def test_an_empty_plan_is_false():
    assert not Plan()
    assert Plan(CHANGES)


def test_the_changes_of_a_part_keep_their_order():
    assert [change.key for change in Plan(CHANGES).of("site")] == ["b.html", "a.html", "c.html"]
    assert Plan(CHANGES).of("function") == ()


def test_counts_by_part_and_action():
    assert Plan(CHANGES).counts() == {
        "infra": {"update": 1},
        "function": {},
        "site": {"create": 2, "delete": 1},
    }


@few
@given(SNAPSHOTS, SNAPSHOTS, SNAPSHOTS, SNAPSHOTS)
def test_plans_have_the_same_digest_only_when_they_are_equal(a, b, c, d):
    one, other = Plan(diff("site", a, b)), Plan(diff("site", c, d))
    assert (one.digest() == other.digest()) == (one == other)


def test_the_digest_does_not_depend_on_the_order_of_fields():
    one = Plan((Change("site", "a", None, {"x": 1, "y": 2}),))
    other = Plan((Change("site", "a", None, {"y": 2, "x": 1}),))
    assert one.digest() == other.digest()


# --- guard

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


@pytest.mark.parametrize(("type_", "action"), list(itertools.product(HOLDS_DATA + HARMLESS, SIDES)))
def test_only_losing_what_holds_data_is_guarded(type_, action):
    plan = Plan((Change("infra", f"{type_}.site", *SIDES[action]),))
    lost = guard(plan, live_objects=5)
    assert bool(lost) == (type_ in HOLDS_DATA and action in ("delete", "replace"))
    assert all(f"{type_}.site would be {action}d: " in line for line in lost)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("type_", ["aws_s3_bucket", "aws_iam_role"])
def test_the_guard_reads_every_form_of_address(address, type_):
    plan = Plan((Change("infra", address.format(type_), {}, None),))
    assert bool(guard(plan, live_objects=0)) == (type_ in HOLDS_DATA)


@pytest.mark.parametrize(
    ("deletes", "objects", "safe"),
    [
        (0, 0, True),
        (0, 9, True),
        (1, 1, False),
        (1, 2, True),
        (2, 3, False),
        (5, 10, True),
        (6, 10, False),
        (10, 10, False),
    ],
)
def test_deleting_most_of_the_site_is_guarded(deletes, objects, safe):
    plan = Plan(tuple(Change("site", f"{number}.html", {}, None) for number in range(deletes)))
    lost = guard(plan, live_objects=objects)
    assert lost == (
        () if safe else (f"{deletes} of the site's {objects} objects would be deleted",)
    )


@pytest.mark.parametrize("key", ["output.site_url", "data", ""])
def test_outputs_hold_no_data(key):
    assert guard(Plan((Change("infra", key, {"value": "x"}, None),)), live_objects=0) == ()


def test_all_losses_are_named():
    plan = Plan(
        (
            Change("infra", "aws_dynamodb_table.visits", {}, None),
            Change("infra", "aws_s3_bucket.site", {}, {REPLACE: True}),
            Change("site", "index.html", {}, None),
        )
    )
    assert [line.split(":")[0] for line in guard(plan, live_objects=1)] == [
        "aws_dynamodb_table.visits would be deleted",
        "aws_s3_bucket.site would be replaced",
        "1 of the site's 1 objects would be deleted",
    ]
