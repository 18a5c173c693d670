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


def changes_of(*resources):
    live, wanted = snapshot.changes({"resource_changes": list(resources)})
    return diff("infra", live, wanted)


def output_changes_of(**outputs):
    return diff("infra", *snapshot.outputs({"output_changes": outputs}))


def drift_of(*resources, **plan):
    return diff("infra", *snapshot.drift({"resource_drift": list(resources), **plan}))


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


@pytest.mark.parametrize("actions", [["no-op"], ["read"]])
def test_an_action_that_changes_nothing_is_no_change(actions):
    assert changes_of(resource(actions, {"a": 1}, {"a": 1})) == ()


def test_reading_data_is_no_change():
    assert changes_of(resource(["create"], None, {"a": 1}, mode="data")) == ()


def test_an_empty_plan_is_two_empty_snapshots():
    assert snapshot.changes({}) == ({}, {})
    assert snapshot.drift({}) == ({}, {})
    assert snapshot.outputs({}) == ({}, {})
    assert snapshot.imports({}) == {}


def test_an_import_without_a_change_is_counted_and_on_neither_side():
    imported = resource(["no-op"], {"a": 1}, {"a": 1})
    imported["change"]["importing"] = {"id": "site"}
    assert changes_of(imported) == ()
    document = {"resource_changes": [imported, resource(["create"], None, {})]}
    assert snapshot.imports(document) == {imported["address"]: {"a": 1}}


def test_values_that_are_known_only_after_apply_are_marked():
    (change,) = changes_of(
        resource(["create"], None, {"a": 1}, after_unknown={"arn": True, "tags": {}, "b": [False]})
    )
    assert change.after == {"a": 1, "arn": UNKNOWN}


def test_an_update_does_not_name_fields_that_are_merely_unknown():
    (change,) = changes_of(
        resource(["update"], {"a": 1, "arn": "x"}, {"a": 2}, after_unknown={"arn": True}),
    )
    assert change.fields == ("a",)


def test_an_update_of_nothing_but_unknown_fields_names_these():
    (change,) = changes_of(resource(["update"], {"arn": "x"}, {}, after_unknown={"arn": True}))
    assert change.fields == ("arn",)


def test_a_replacement_names_fields_that_become_unknown():
    (change,) = changes_of(
        resource(["delete", "create"], {"a": 1, "arn": "x"}, {"a": 2}, after_unknown={"arn": True}),
    )
    assert change.fields == ("a", "arn")
    assert change.after[REPLACE]


def test_the_code_of_the_function_is_no_change_of_the_infrastructure():
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


def test_a_deposed_object_has_another_key_than_its_successor():
    """A replacement that failed halfway leaves the old object to delete; the new one stays."""
    changes = changes_of(
        resource(["no-op"], {"a": 2}, {"a": 2}),
        resource(["delete"], {"a": 1}, None, deposed="1a2b3c4d"),
    )
    assert [(change.key, change.action) for change in changes] == [
        ("aws_s3_bucket.site (deposed 1a2b3c4d)", "delete")
    ]


# --- outputs


def test_a_changed_output_is_a_change_of_its_own():
    output = {"actions": ["update"], "before": "a", "after": "b", "after_unknown": False}
    (change,) = output_changes_of(site_url=output)
    assert (change.key, change.action, change.fields) == ("output.site_url", "update", ("value",))


@pytest.mark.parametrize(
    ("actions", "before", "after", "action"),
    [(["create"], None, "b", "create"), (["delete"], "a", None, "delete")],
)
def test_an_output_can_be_created_and_deleted(actions, before, after, action):
    (change,) = output_changes_of(
        url={"actions": actions, "before": before, "after": after, "after_unknown": False}
    )
    assert change.action == action


def test_an_output_that_stays_is_no_change():
    assert output_changes_of(url={"actions": ["no-op"], "before": "a", "after": "a"}) == ()


@pytest.mark.parametrize(
    ("unknown", "value"), [(True, UNKNOWN), ({"a": True}, UNKNOWN), ({"a": False}, {"a": 1})]
)
def test_an_output_that_is_not_known_yet_is_marked(unknown, value):
    (change,) = output_changes_of(
        all={"actions": ["create"], "before": None, "after": {"a": 1}, "after_unknown": unknown}
    )
    assert change.after == {"value": value}


def test_a_sensitive_output_is_hidden():
    body = {"actions": ["update"], "before": "hunter1", "after": "hunter2", "after_unknown": False}
    (change,) = output_changes_of(
        password={**body, "before_sensitive": True, "after_sensitive": True}
    )
    assert change.fields == ("value",)
    assert "hunter" not in repr(change)


# --- drift


def test_drift_is_from_recorded_to_live():
    (change,) = drift_of(resource(["update"], {"memory_size": 128}, {"memory_size": 512}))
    assert (change.before, change.after) == ({"memory_size": 128}, {"memory_size": 512})


def test_a_resource_that_somebody_deleted_is_a_deletion():
    (change,) = drift_of(resource(["delete"], {"a": 1}, None))
    assert change.action == "delete"


@pytest.mark.parametrize("empty", EMPTY)
def test_another_form_of_empty_is_no_drift(empty):
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


def test_etags_and_progress_are_no_drift():
    before, after = {"etag": "1", "status": "InProgress"}, {"etag": "2", "status": "Deployed"}
    assert (
        drift_of(resource(["update"], before, after, address="aws_cloudfront_distribution.site"))
        == ()
    )


def test_the_same_attribute_of_another_resource_is_drift():
    assert drift_of(
        resource(["update"], {"status": "a"}, {"status": "b"}, address="aws_acm_certificate.site")
    )


def test_a_resource_does_not_repeat_the_drift_of_others():
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
    (change,) = drift_of(resource(["update"], {}, {**settings, "object_lock_enabled": True}))
    assert change.fields == ("object_lock_enabled",)


@pytest.mark.parametrize(
    ("after", "time"),
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
def test_the_time_of_a_change_is_read_where_aws_knows_it(after, time):
    plan = {"resource_drift": [resource(["update"], {"a": 1}, after)]}
    assert snapshot.modified(plan).get("aws_s3_bucket.site") == time


# --- values


@given(VALUES)
def test_nothing_empty_is_left_anywhere(value):
    def check(item):
        assert item not in (None, "", [], {}) or isinstance(item, (bool, int))
        if isinstance(item, (dict, list)):
            for inner in item.values() if isinstance(item, dict) else item:
                check(inner)

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


def test_an_unchanged_secret_is_no_difference():
    mark = {"secret": True}
    sides = {"before_sensitive": mark, "after_sensitive": mark}
    (change,) = changes_of(
        resource(["update"], {"secret": "x", "a": 1}, {"secret": "x", "a": 2}, **sides)
    )
    assert change.fields == ("a",)


@pytest.mark.parametrize("mark", [False, {}, {"secret": False}, {"secret": []}, None])
def test_values_that_are_not_sensitive_are_shown(mark):
    (change,) = changes_of(resource(["create"], None, {"secret": "x"}, after_sensitive=mark))
    assert change.after == {"secret": "x"}


@pytest.mark.parametrize("mark", [True, {"password": True}, {"password": [{"a": True}]}])
def test_sensitive_values_and_environments_are_secrets_but_names_are_not(mark):
    after = {
        "name": "counter",
        "password": "p4ssw0rd",
        "environment": [{"variables": {"KEY": "sk_live", "TABLE_NAME": "counter"}}],
    }
    document = {"resource_changes": [resource(["create"], None, after, after_sensitive=mark)]}
    assert snapshot.secrets(document) == {"p4ssw0rd", "sk_live"}


# --- what settles by itself

CERTIFICATE, SUBSCRIPTION = "aws_acm_certificate.site", "aws_sns_topic_subscription.alarms[0]"
PENDING = {"status": "PENDING_VALIDATION", "renewal_eligibility": "INELIGIBLE", "domain_name": "a"}
ISSUED = {
    "status": "ISSUED",
    "renewal_eligibility": "ELIGIBLE",
    "not_before": "2026-11-27T00:00:00Z",
    "not_after": "2027-12-27T23:59:59Z",
    "domain_name": "a",
}
RENEWED = {
    **ISSUED,
    "not_after": "2028-12-27T23:59:59Z",
    "pending_renewal": True,
    "renewal_summary": [{"renewal_status": "SUCCESS"}],
}


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        (CERTIFICATE, PENDING, ISSUED),
        (CERTIFICATE, ISSUED, RENEWED),
        (
            SUBSCRIPTION,
            {"endpoint": "a@b.c", "pending_confirmation": True},
            {
                "endpoint": "a@b.c",
                "pending_confirmation": False,
                "confirmation_was_authenticated": True,
            },
        ),
    ],
)
def test_what_settles_by_itself_is_no_drift(address, before, after):
    assert not drift_of(resource(["update"], before, after, address))
    assert not changes_of(resource(["update"], before, after, address))


@pytest.mark.parametrize("status", ["EXPIRED", "REVOKED", "FAILED", "VALIDATION_TIMED_OUT"])
def test_a_certificate_that_does_not_work_any_more_is_drift(status):
    (change,) = drift_of(resource(["update"], ISSUED, {**ISSUED, "status": status}, CERTIFICATE))
    assert change.fields == ("status",)


def test_another_address_of_a_subscription_is_drift():
    before, after = (
        {"endpoint": name, "pending_confirmation": True} for name in ("a@b.c", "d@e.f")
    )
    (change,) = drift_of(resource(["update"], before, after, SUBSCRIPTION))
    assert change.fields == ("endpoint",)
