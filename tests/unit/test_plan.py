from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resumectl.plan import REPLACE, UNKNOWN, Change, Plan, diff, of_kind, resource_type

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
    plain = Change("site", "index.html", {"size": 1}, None)
    (change,) = of_kind("tampered", [plain])
    assert change.as_json() == {**plain.as_json(), "kind": "tampered"}
    assert (change.key, change.before, change.after) == ("index.html", {"size": 1}, None)


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
        "site": {"create": 2, "delete": 1},
    }
    assert Plan().counts() == {}


@few
@given(SNAPSHOTS, SNAPSHOTS, SNAPSHOTS, SNAPSHOTS)
def test_plans_have_the_same_digest_only_when_they_are_equal(a, b, c, d):
    one, other = Plan(diff("site", a, b)), Plan(diff("site", c, d))
    assert (one.digest() == other.digest()) == (one == other)


def test_the_digest_does_not_depend_on_the_order_of_fields():
    one = Plan((Change("site", "a", None, {"x": 1, "y": 2}),))
    other = Plan((Change("site", "a", None, {"y": 2, "x": 1}),))
    assert one.digest() == other.digest()


# --- addresses of Terraform

ADDRESSES = (
    "{}.site",
    "{}.site[0]",
    '{}.site["a.b"]',
    '{}.site["aws_iam_role.x"]',
    '{}.site["a\\"].b"]',
    "module.a.{}.site",
    'module.a["x.y"].{}.site["]."]',
    "{}.site (deposed 1a2b3c4d)",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_resource_type_is_read_from_every_form_of_address(address):
    assert resource_type(address.format("aws_s3_bucket")) == "aws_s3_bucket"


@pytest.mark.parametrize(("key", "type_"), [("output.site_url", "output"), ("data", ""), ("", "")])
def test_other_keys_name_no_resource(key, type_):
    assert resource_type(key) == type_
