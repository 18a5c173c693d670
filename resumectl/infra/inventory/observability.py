"""CloudWatch and SNS: log groups, alarms, and the topic that tells people about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.infra.inventory.extra import Extra, declared
from resumectl.infra.inventory.lookup import Account, Lookup, paged

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
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
    place = account.deployment
    arn = f"arn:{sns.meta.partition}:sns:{place.region}:{place.account}:{fields['name']}"
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


def _subscribers(sns: Client, state: State) -> Rows:
    """Unconfirmed ones have no ARN, and nothing is sent to them."""
    ours = declared(state, "aws_sns_topic_subscription", "arn")
    emails = declared(state, "aws_sns_topic_subscription", "endpoint")
    operation = "list_subscriptions_by_topic"
    for topic in declared(state, "aws_sns_topic", "arn"):
        for item in paged(sns, operation, "Subscriptions", TopicArn=topic):
            arn = str(item["SubscriptionArn"])
            if arn.startswith("arn:") and arn not in ours and item["Endpoint"] not in emails:
                yield arn.rpartition(":")[2], {"arn": arn, "protocol": item["Protocol"]}


def _unsubscribe(sns: Client, _: State, fields: Fields) -> None:
    sns.unsubscribe(SubscriptionArn=fields["arn"])


_FILTERS: Final = {
    "metric": ("describe_metric_filters", "delete_metric_filter"),
    "subscription": ("describe_subscription_filters", "delete_subscription_filter"),
}


def _log_filters(kind: str) -> Callable[[Client, State], Rows]:
    """Filters of our log groups: a subscription sends every line to somebody else."""

    def find(logs: Client, state: State) -> Rows:
        ours = declared(state, f"aws_cloudwatch_log_{kind}_filter", "name")
        operation, key = _FILTERS[kind][0], f"{kind}Filters"
        for group in sorted(declared(state, "aws_cloudwatch_log_group", "name")):
            for item in paged(logs, operation, key, logGroupName=group):
                if item["filterName"] not in ours:
                    target = item.get("destinationArn")
                    fields = {"log_group": group, "name": item["filterName"], "target": target}
                    yield item["filterName"], fields

    return find


def _delete_filter(kind: str) -> Callable[[Client, State, Fields], object]:
    def remove(logs: Client, _: State, fields: Fields) -> None:
        delete = getattr(logs, _FILTERS[kind][1])
        delete(logGroupName=fields["log_group"], filterName=fields["name"])

    return remove


LOOKUPS: Final = {
    "aws_cloudwatch_log_group": Lookup(_log_group, ("name",)),
    "aws_cloudwatch_metric_alarm": Lookup(_alarm, ("alarm_name",)),
    "aws_sns_topic": Lookup(_topic, ("name",)),
    "aws_sns_topic_subscription": Lookup(
        _subscription, ("topic_arn", "endpoint"), ("aws_sns_topic", "topic_arn")
    ),
}
EXTRAS: Final = (
    Extra(
        *("subscriber", "sns", "subscribers of alarms", "sns:ListSubscriptionsByTopic"),
        find=_subscribers,
        remove=_unsubscribe,
    ),
    *(
        Extra(
            *(f"{kind}-filter", "logs", f"{kind} filters of logs"),
            action=f"logs:Describe{kind.capitalize()}Filters",
            find=_log_filters(kind),
            remove=_delete_filter(kind),
        )
        for kind in _FILTERS
    ),
)
