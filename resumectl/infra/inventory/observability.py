"""CloudWatch and SNS: log groups, alarms, and the topic that tells people about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.infra.inventory.lookup import Account, Lookup, paged

if TYPE_CHECKING:
    from resumectl.plan import Fields


def _log_group(account: Account, fields: Fields) -> str | None:
    logs, name = account.client("logs"), fields["name"]
    # The exact name sorts before every longer one, so it is on the first page.
    for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            return account.ours(name, logs.list_tags_for_resource(resourceArn=arn)["tags"])
    return None


def _alarm(account: Account, fields: Fields) -> str | None:
    cloudwatch, name = account.client("cloudwatch"), fields["alarm_name"]
    for alarm in cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
        tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        return account.ours(name, tags)
    return None


def _topic(account: Account, fields: Fields) -> str | None:
    sns = account.client("sns")
    arn = f"arn:{sns.meta.partition}:sns:{account.region}:{account.account}:{fields['name']}"
    response = aws.found(sns.list_tags_for_resource, ResourceArn=arn)
    return account.ours(arn, response["Tags"]) if response else None


def _subscription(account: Account, fields: Fields) -> str | None:
    """An unconfirmed one has no ARN to import it by; subscribing again does no harm."""
    sns, topic = account.client("sns"), fields["topic_arn"]
    for item in paged(sns, "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic):
        arn = str(item["SubscriptionArn"])
        if item["Endpoint"] == fields["endpoint"] and arn.startswith("arn:"):
            return arn
    return None


LOOKUPS: Final = {
    "aws_cloudwatch_log_group": Lookup(_log_group, ("name",)),
    "aws_cloudwatch_metric_alarm": Lookup(_alarm, ("alarm_name",)),
    "aws_sns_topic": Lookup(_topic, ("name",)),
    "aws_sns_topic_subscription": Lookup(
        _subscription, ("topic_arn", "endpoint"), ("aws_sns_topic", "topic_arn")
    ),
}
