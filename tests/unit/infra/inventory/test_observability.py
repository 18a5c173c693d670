from __future__ import annotations

import pytest

from resumectl.infra import inventory
from tests.fakes.canned import Canned
from tests.fakes.leftovers import DEPLOYMENT, MAIL, OURS, TOPIC, found, rows
from tests.fakes.undeclared import ALARMS, LOGS, removal, undeclared

LOG_GROUP = "aws_cloudwatch_log_group.api"
SUBSCRIPTION = "aws_sns_topic_subscription.alarms[0]"


def test_a_log_group_whose_name_only_begins_alike_is_not_ours(leftovers):
    leftovers.client("logs").create_log_group(
        logGroupName="/aws/vendedlogs/resume-prod-api-2", tags=OURS
    )
    assert leftovers.find(LOG_GROUP) == {}


@pytest.mark.parametrize(
    ("arn", "endpoint", "counts"),
    [
        (f"{TOPIC}:1", MAIL, True),
        (f"{TOPIC}:1", "other@example.com", False),
        ("PendingConfirmation", MAIL, False),
    ],
)
def test_only_a_confirmed_subscription_of_the_address_can_be_imported(arn, endpoint, counts):
    subscription = {"Endpoint": endpoint, "SubscriptionArn": arn}
    cloud = Canned({"list_subscriptions_by_topic": {"Subscriptions": [subscription]}})
    account = inventory.Account(cloud.client, DEPLOYMENT)
    planned = {SUBSCRIPTION: {"topic_arn": TOPIC, "endpoint": MAIL}}
    assert found(account, planned) == ({SUBSCRIPTION: arn} if counts else {})


def test_an_alarm_is_found_by_its_exact_name():
    alarm = 'aws_cloudwatch_metric_alarm.failing["x"]'
    cloud = Canned(
        {
            "describe_alarms": {"MetricAlarms": [{"AlarmArn": "arn:x"}]},
            "list_tags_for_resource": {"Tags": rows(OURS)},
        }
    )
    account = inventory.Account(cloud.client, DEPLOYMENT)
    assert found(account, {alarm: {"alarm_name": "x"}}) == {alarm: "x"}
    assert cloud.calls[0] == ("describe_alarms", {"AlarmNames": ["x"]})


@pytest.mark.parametrize("kind", ["metric", "subscription"])
def test_an_undeclared_filter_of_logs_is_found_and_removed(kind):
    row = {"filterName": "copy", "destinationArn": "arn:aws:lambda:eu-west-2:1:function:other"}
    (change,) = undeclared(**{f"describe_{kind}_filters": {f"{kind}Filters": [row]}})
    assert change.key == f"{kind}-filter copy"
    assert removal(change) == (
        f"delete_{kind}_filter",
        {"logGroupName": LOGS, "filterName": "copy"},
    )


def test_an_undeclared_subscriber_is_found_and_unsubscribed():
    row = {"SubscriptionArn": f"{ALARMS}:s2", "Endpoint": "https://x.example", "Protocol": "https"}
    (change,) = undeclared(list_subscriptions_by_topic={"Subscriptions": [row]})
    assert (change.key, change.after["protocol"]) == ("subscriber s2", "https")
    assert removal(change) == ("unsubscribe", {"SubscriptionArn": f"{ALARMS}:s2"})
