from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from resumectl.errors import Refused
from resumectl.infra import inventory
from resumectl.infra.inventory import s3
from resumectl.infra.state import State
from tests.fakes.canned import Canned
from tests.fakes.leftovers import ACCOUNT, BUCKET, DEPLOYMENT, found
from tests.fakes.undeclared import OUTPUTS, STATE, removal, resource, undeclared

SITE = "aws_s3_bucket.site"
SETTINGS = [
    (
        "website",
        {"get_bucket_website": {"IndexDocument": {"Suffix": "index.html"}}},
        ("delete_bucket_website", {}),
    ),
    ("cors", {"get_bucket_cors": {"CORSRules": [{}]}}, ("delete_bucket_cors", {})),
    (
        "lifecycle",
        {"get_bucket_lifecycle_configuration": {"Rules": [{}]}},
        ("delete_bucket_lifecycle", {}),
    ),
    (
        "replication",
        {"get_bucket_replication": {"ReplicationConfiguration": {}}},
        ("delete_bucket_replication", {}),
    ),
    (
        "logging",
        {"get_bucket_logging": {"LoggingEnabled": {"TargetBucket": "logs"}}},
        ("put_bucket_logging", {"BucketLoggingStatus": {}}),
    ),
    (
        "notification",
        {"get_bucket_notification_configuration": {"TopicConfigurations": [{}]}},
        ("put_bucket_notification_configuration", {"NotificationConfiguration": {}}),
    ),
    (
        "request-payment",
        {"get_bucket_request_payment": {"Payer": "Requester"}},
        (
            "put_bucket_request_payment",
            {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}},
        ),
    ),
    (
        "acceleration",
        {"get_bucket_accelerate_configuration": {"Status": "Enabled"}},
        (
            "put_bucket_accelerate_configuration",
            {"AccelerateConfiguration": {"Status": "Suspended"}},
        ),
    ),
]


def account_of(cloud):
    return inventory.Account(cloud.client, DEPLOYMENT)


def test_an_empty_bucket_without_tags_is_ours(leftovers):
    """Terraform tags a bucket in a second call."""
    leftovers.create_bucket(tags=None)
    assert leftovers.find(SITE) == {SITE: BUCKET}


def test_a_bucket_without_tags_that_holds_an_object_is_refused(leftovers):
    leftovers.create_bucket(tags=None, body=b"<html>")
    with pytest.raises(Refused, match="not ours"):
        leftovers.find(SITE)


@pytest.mark.parametrize("touched", ["versioning", "policy"])
def test_an_empty_bucket_without_tags_that_somebody_set_up_is_refused(leftovers, touched):
    """Importing it would overwrite what they set."""
    leftovers.create_bucket(tags=None)
    s3 = leftovers.client("s3")
    if touched == "versioning":
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    else:
        s3.put_bucket_policy(Bucket=BUCKET, Policy='{"Version": "2012-10-17", "Statement": []}')
    with pytest.raises(Refused, match="not ours"):
        leftovers.find(SITE)


def test_a_bucket_that_lists_a_delete_marker_first_is_not_empty():
    """S3 lists versions and delete markers by key: the versions may be on the next page."""
    cloud = Canned(
        {
            "get_bucket_tagging": "NoSuchTagSet",
            "get_bucket_policy": "NoSuchBucketPolicy",
            "list_object_versions": {"DeleteMarkers": [{"Key": "a"}]},
        }
    )
    with pytest.raises(Refused, match="not ours"):
        found(account_of(cloud), {SITE: {"bucket": BUCKET}})


@pytest.mark.parametrize(
    ("code", "error"),
    [("AccessDenied", Refused), ("403", Refused), ("InternalError", ClientError)],
)
def test_a_bucket_of_another_account_is_refused(code, error):
    cloud = Canned({"get_bucket_versioning": code})
    with pytest.raises(error):
        found(account_of(cloud), {SITE: {"bucket": BUCKET}})
    assert cloud.calls[0][1]["ExpectedBucketOwner"] == ACCOUNT


def test_a_setting_that_the_bucket_does_not_have_is_not_found(leftovers):
    leftovers.create_bucket()
    assert leftovers.find(SITE, "aws_s3_bucket_policy.site", "aws_s3_bucket_versioning.site") == {
        SITE: BUCKET
    }


@pytest.mark.parametrize(("name", "answer", "call"), SETTINGS, ids=[row[0] for row in SETTINGS])
def test_an_undeclared_setting_is_found_and_removed(name, answer, call):
    (change,) = undeclared(**answer)
    assert change.key == f"bucket {name}"
    assert change.after == {
        "resource": "bucket",
        "setting": name,
        "value": next(iter(answer.values())),
    }
    operation, arguments = call
    assert removal(change) == (operation, {"Bucket": "site", **arguments})


def test_every_setting_is_tested():
    assert [row[0] for row in SETTINGS] == list(s3._SETTINGS)


@pytest.mark.parametrize(("name", "answer", "call"), SETTINGS, ids=[row[0] for row in SETTINGS])
def test_a_setting_that_terraform_declares_is_not_reported(name, answer, call):
    declared = resource(f"aws_s3_bucket_{s3._SETTINGS[name].type}")
    state = State(1, "", OUTPUTS, (*STATE.resources, declared))
    assert undeclared(state, **answer) == ()


LISTS = [
    ("inventory", "InventoryConfigurationList", "aws_s3_bucket_inventory"),
    ("analytics", "AnalyticsConfigurationList", "aws_s3_bucket_analytics_configuration"),
    ("metrics", "MetricsConfigurationList", "aws_s3_bucket_metric"),
    (
        "intelligent_tiering",
        "IntelligentTieringConfigurationList",
        "aws_s3_bucket_intelligent_tiering_configuration",
    ),
]


@pytest.mark.parametrize(("name", "key", "type_"), LISTS)
def test_undeclared_configurations_of_all_pages_are_found_and_removed(name, key, type_):
    pages = {
        None: {key: [{"Id": "a"}], "IsTruncated": True, "NextContinuationToken": "2"},
        "2": {key: [{"Id": "b"}, {"Id": "ours"}], "IsTruncated": False},
    }
    state = State(1, "", OUTPUTS, (*STATE.resources, resource(type_, name="ours")))
    operation = f"list_bucket_{name}_configurations"
    changes = undeclared(
        state, **{operation: lambda ContinuationToken=None, **_: pages[ContinuationToken]}
    )
    assert [change.key for change in changes] == [f"bucket {name} a", f"bucket {name} b"]
    assert removal(changes[1]) == (
        f"delete_bucket_{name}_configuration",
        {"Bucket": "site", "Id": "b"},
    )


def test_every_list_is_tested():
    assert [row[0] for row in LISTS] == list(s3._LISTS)
