from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resumectl.infra import snapshot
from resumectl.plan import REPLACE, UNKNOWN, diff

EMPTY = [None, "", [], {}, [None], {"a": ""}, [{"a": []}], {"a": {"b": None}}]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1) | st.sampled_from(["", "x"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=5,
)
ROLE = "aws_iam_role"


def resource(actions, before=None, after=None, address="aws_s3_bucket.site", **more):
    """One entry of `resource_changes` or `resource_drift`."""
    body = {
        name: more.pop(name)
        for name in ("before_sensitive", "after_sensitive", "after_unknown")
        if name in more
    }
    change = {"actions": actions, "before": before, "after": after, **body}
    return {
        "address": address,
        "type": address.split(".")[-2],
        "mode": "managed",
        "change": change,
        **more,
    }


def changes_of(*resources, **outputs):
    live, wanted = snapshot.changes(
        {"resource_changes": list(resources), "output_changes": outputs}
    )
    return diff("infra", live, wanted)


def drift_of(*resources, **plan):
    recorded, live = snapshot.drift({"resource_drift": list(resources), **plan})
    return diff("infra", recorded, live)


# --- changes


@pytest.mark.parametrize(
    ("actions", "before", "after", "action", "fields"),
    [
        (["create"], None, {"a": 1}, "create", ("a",)),
        (["update"], {"a": 1, "b": 1}, {"a": 2, "b": 1}, "update", ("a",)),
        (["delete"], {"a": 1}, None, "delete", ("a",)),
        (["delete", "create"], {"a": 1, "b": 1}, {"a": 2, "b": 1}, "replace", ("a",)),
        (["create", "delete"], {"a": 1}, {"a": 1}, "replace", ()),
    ],
)
def test_each_action_of_terraform(actions, before, after, action, fields):
    (change,) = changes_of(resource(actions, before, after))
    assert (change.key, change.action, change.fields) == ("aws_s3_bucket.site", action, fields)


@pytest.mark.parametrize("ignored", [{"actions": ["no-op"]}, {"actions": ["read"]}])
def test_what_terraform_would_not_do_is_no_change(ignored):
    assert changes_of(resource(ignored["actions"], {"a": 1}, {"a": 1})) == ()


def test_reading_data_is_no_change():
    assert changes_of(resource(["create"], None, {"a": 1}, mode="data")) == ()


def test_an_empty_plan_is_two_empty_snapshots():
    assert snapshot.changes({}) == ({}, {})
    assert snapshot.drift({}) == ({}, {})


def test_what_is_known_only_after_apply():
    (change,) = changes_of(
        resource(["create"], None, {"a": 1}, after_unknown={"arn": True, "tags": {}, "b": [False]})
    )
    assert change.after == {"a": 1, "arn": UNKNOWN}


def test_an_update_does_not_name_what_merely_cannot_be_known_yet():
    (change,) = changes_of(
        resource(["update"], {"a": 1, "arn": "x"}, {"a": 2}, after_unknown={"arn": True}),
    )
    assert change.fields == ("a",)


def test_an_update_of_nothing_but_unknowns_names_these():
    (change,) = changes_of(resource(["update"], {"arn": "x"}, {}, after_unknown={"arn": True}))
    assert change.fields == ("arn",)


def test_a_replacement_names_what_becomes_unknown():
    (change,) = changes_of(
        resource(["delete", "create"], {"a": 1, "arn": "x"}, {"a": 2}, after_unknown={"arn": True}),
    )
    assert change.fields == ("a", "arn")
    assert change.after[REPLACE]


def test_what_another_part_owns_is_left_out():
    """The function's code belongs to the function part: a deploy of it is no change of the infrastructure."""
    (change,) = changes_of(
        resource(
            ["update"],
            {"memory_size": 128, "source_code_hash": "x", "version": "1", "filename": "a.zip"},
            {"memory_size": 256, "source_code_hash": "y", "filename": "b.zip"},
            address="aws_lambda_function.counter",
            after_unknown={"version": True, "qualified_arn": True},
        )
    )
    assert (change.before, change.after) == ({"memory_size": 128}, {"memory_size": 256})


def test_a_deposed_object_is_told_apart_from_the_one_in_use():
    """A replacement that failed half way leaves the old object to be deleted; the new one stays."""
    found = changes_of(
        resource(["no-op"], {"a": 2}, {"a": 2}),
        resource(["delete"], {"a": 1}, None, deposed="1a2b3c4d"),
    )
    assert [(change.key, change.action) for change in found] == [
        ("aws_s3_bucket.site (deposed 1a2b3c4d)", "delete")
    ]


# --- outputs


def test_outputs_are_named_when_nothing_else_changes():
    output = {"actions": ["update"], "before": "a", "after": "b", "after_unknown": False}
    (change,) = changes_of(site_url=output)
    assert (change.key, change.action, change.fields) == ("output.site_url", "update", ("value",))
    assert [
        change.key for change in changes_of(resource(["create"], None, {}), site_url=output)
    ] == ["aws_s3_bucket.site"]


@pytest.mark.parametrize(
    ("actions", "before", "after", "action"),
    [(["create"], None, "b", "create"), (["delete"], "a", None, "delete")],
)
def test_outputs_come_and_go(actions, before, after, action):
    (change,) = changes_of(
        url={"actions": actions, "before": before, "after": after, "after_unknown": False}
    )
    assert change.action == action


def test_an_output_that_stays():
    assert changes_of(url={"actions": ["no-op"], "before": "a", "after": "a"}) == ()


@pytest.mark.parametrize(
    ("unknown", "value"), [(True, UNKNOWN), ({"a": True}, UNKNOWN), ({"a": False}, {"a": 1})]
)
def test_an_output_that_is_not_known_yet(unknown, value):
    (change,) = changes_of(
        all={"actions": ["create"], "before": None, "after": {"a": 1}, "after_unknown": unknown}
    )
    assert change.after == {"value": value}


def test_a_sensitive_output_is_hidden():
    body = {"actions": ["update"], "before": "hunter1", "after": "hunter2", "after_unknown": False}
    (change,) = changes_of(password={**body, "before_sensitive": True, "after_sensitive": True})
    assert change.fields == ("value",)
    assert "hunter" not in repr(change)


# --- drift


def test_drift_is_from_recorded_to_live():
    (change,) = drift_of(resource(["update"], {"memory_size": 128}, {"memory_size": 512}))
    assert (change.before, change.after) == ({"memory_size": 128}, {"memory_size": 512})


def test_a_resource_that_somebody_deleted():
    (change,) = drift_of(resource(["delete"], {"a": 1}, None))
    assert change.action == "delete"


@pytest.mark.parametrize("empty", EMPTY)
def test_what_is_empty_in_another_form_is_no_drift(empty):
    assert drift_of(resource(["update"], {"a": 1, "tags": None}, {"a": 1, "tags": empty})) == ()


@pytest.mark.parametrize("before", [None, "", "x"])
@pytest.mark.parametrize("value", [0, False])
def test_zero_and_false_are_values(before, value):
    (change,) = drift_of(resource(["update"], {"enabled": before}, {"enabled": value}))
    assert change.fields == ("enabled",)
    assert change.after == {"enabled": value}


def test_a_code_deploy_is_no_drift():
    function = resource(
        ["update"],
        {"memory_size": 128, "code_sha256": "x", "last_modified": "1", "version": "1"},
        {"memory_size": 128, "code_sha256": "y", "last_modified": "2", "version": "2"},
        address="aws_lambda_function.counter",
    )
    alias = resource(
        ["update"],
        {"name": "live", "function_version": "1"},
        {"name": "live", "function_version": "2"},
        address="aws_lambda_alias.live",
    )
    assert drift_of(function, alias) == ()


def test_what_tells_nothing_is_no_drift():
    before, after = {"etag": "1", "status": "InProgress"}, {"etag": "2", "status": "Deployed"}
    assert (
        drift_of(resource(["update"], before, after, address="aws_cloudfront_distribution.site"))
        == ()
    )


def test_the_same_attribute_of_another_resource_is_drift():
    assert drift_of(
        resource(["update"], {"status": "a"}, {"status": "b"}, address="aws_acm_certificate.site")
    )


def test_what_a_resource_repeats_of_others_is_told_by_those():
    policies = {
        "inline_policy": [{"name": "table", "policy": "{}"}],
        "managed_policy_arns": ["arn:aws:iam::aws:policy/X"],
    }
    assert drift_of(resource(["update"], {}, policies, address=f"{ROLE}.function")) == ()
    settings = {
        "website": [{"index_document": "index.html"}],
        "lifecycle_rule": [{"id": "all"}],
        "policy": "{}",
    }
    assert drift_of(resource(["update"], {}, settings)) == ()
    (change,) = drift_of(resource(["update"], {}, {**settings, "request_payer": "Requester"}))
    assert change.fields == ("request_payer",)


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ({"last_modified": "2026-11-22T10:00:00.123+0000"}, "2026-11-22T10:00:00+00:00"),
        (
            {"last_modified_time": "2026-11-22 10:00:00.123456789 +0000 UTC"},
            "2026-11-22T10:00:00+00:00",
        ),
        ({"last_modified_time": "2026-11-22 10:00:00 +0000 UTC"}, "2026-11-22T10:00:00+00:00"),
        ({"last_modified": ""}, None),
        ({"last_modified": "yesterday"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_since_when_is_told_where_aws_knows(said, time):
    plan = {"resource_drift": [resource(["update"], {"a": 1}, said)]}
    assert snapshot.modified(plan).get("aws_s3_bucket.site") == time


# --- what values become


@given(VALUES)
def test_nothing_empty_is_left_anywhere(value):
    def check(kept):
        assert kept not in (None, "", [], {}) or isinstance(kept, (bool, int))
        for item in (
            kept.values() if isinstance(kept, dict) else kept if isinstance(kept, list) else ()
        ):
            check(item)

    _, wanted = snapshot.changes(
        {"resource_changes": [resource(["create"], None, {"a": value, "b": 1})]}
    )
    check(wanted["aws_s3_bucket.site"])


@pytest.mark.parametrize(
    "mark",
    [{"secret": True}, {"secret": {"password": True}}, {"secret": [False, {"x": True}]}, True],
)
def test_sensitive_values_are_hidden_but_still_differ(mark):
    sides = {"before_sensitive": mark, "after_sensitive": mark}
    (change,) = changes_of(
        resource(["update"], {"secret": ["hunter1"]}, {"secret": ["hunter2"]}, **sides)
    )
    assert change.fields == ("secret",)
    assert "hunter" not in repr(change)
    assert change.after["secret"].startswith("(sensitive ")


def test_the_same_secret_is_the_same():
    mark = {"secret": True}
    sides = {"before_sensitive": mark, "after_sensitive": mark}
    (change,) = changes_of(
        resource(["update"], {"secret": "x", "a": 1}, {"secret": "x", "a": 2}, **sides)
    )
    assert change.fields == ("a",)


@pytest.mark.parametrize("mark", [False, {}, {"secret": False}, {"secret": []}, None])
def test_what_is_not_sensitive_is_shown(mark):
    (change,) = changes_of(resource(["create"], None, {"secret": "x"}, after_sensitive=mark))
    assert change.after == {"secret": "x"}
