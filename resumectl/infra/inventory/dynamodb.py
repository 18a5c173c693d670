"""DynamoDB: the counter's table, and who else reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.infra.inventory.extra import Extra, declared
from resumectl.infra.inventory.lookup import Account, Lookup

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
    from resumectl.plan import Fields


def _table(account: Account, fields: Fields) -> str | None:
    dynamodb, name = account.client("dynamodb"), fields["name"]
    response = aws.found(dynamodb.describe_table, TableName=name)
    if response is None:
        return None
    arn = response["Table"]["TableArn"]
    return account.ours(name, dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"])


def _arns(state: State) -> Iterator[tuple[str, str]]:
    """The name and the ARN of each table."""
    for table in state.resources:
        if table.type == "aws_dynamodb_table":
            yield table.attributes["name"], table.attributes["arn"]


def _policies(dynamodb: Client, state: State) -> Rows:
    ours = declared(state, "aws_dynamodb_resource_policy", "resource_arn")
    for name, arn in _arns(state):
        response = aws.found(dynamodb.get_resource_policy, ResourceArn=arn)
        if response and arn not in ours:
            yield name, {"arn": arn, "policy": response["Policy"]}


def _delete_policy(dynamodb: Client, _: State, fields: Fields) -> None:
    dynamodb.delete_resource_policy(ResourceArn=fields["arn"])


def _streams(dynamodb: Client, state: State) -> Rows:
    ours = declared(state, "aws_dynamodb_kinesis_streaming_destination", "stream_arn")
    for name, _ in _arns(state):
        response = dynamodb.describe_kinesis_streaming_destination(TableName=name)
        for row in response.get("KinesisDataStreamDestinations", ()):
            stream = row["StreamArn"]
            if row["DestinationStatus"] in _STREAMING and stream not in ours:
                yield stream.rpartition("/")[2], {"name": name, "arn": stream}


def _stop_stream(dynamodb: Client, _: State, fields: Fields) -> None:
    dynamodb.disable_kinesis_streaming_destination(
        TableName=fields["name"], StreamArn=fields["arn"]
    )


def _insights(dynamodb: Client, state: State) -> Rows:
    ours = declared(state, "aws_dynamodb_contributor_insights", "table_name")
    for name, _ in _arns(state):
        response = dynamodb.describe_contributor_insights(TableName=name)
        status = response.get("ContributorInsightsStatus", "")
        if status.startswith("ENABL") and name not in ours:
            yield name, {"name": name}


def _stop_insights(dynamodb: Client, _: State, fields: Fields) -> None:
    dynamodb.update_contributor_insights(
        TableName=fields["name"], ContributorInsightsAction="DISABLE"
    )


_STREAMING: Final = ("ACTIVE", "ENABLING", "UPDATING")
LOOKUPS: Final = {"aws_dynamodb_table": Lookup(_table, ("name",))}
EXTRAS: Final = (
    Extra(
        *("table-policy", "dynamodb", "the table's policy", "dynamodb:GetResourcePolicy"),
        find=_policies,
        remove=_delete_policy,
    ),
    Extra(
        *("table-stream", "dynamodb", "Kinesis streams of the table"),
        action="dynamodb:DescribeKinesisStreamingDestination",
        find=_streams,
        remove=_stop_stream,
    ),
    Extra(
        *("table-insights", "dynamodb", "contributor insights"),
        action="dynamodb:DescribeContributorInsights",
        find=_insights,
        remove=_stop_insights,
    ),
)
