"""The counter's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.infra.inventory.lookup import Account, Lookup

if TYPE_CHECKING:
    from resumectl.plan import Fields


def _table(account: Account, fields: Fields) -> str | None:
    dynamodb, name = account.client("dynamodb"), fields["name"]
    response = aws.found(dynamodb.describe_table, TableName=name)
    if response is None:
        return None
    arn = response["Table"]["TableArn"]
    return account.ours(name, dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"])


LOOKUPS: Final = {"aws_dynamodb_table": Lookup(_table, ("name",))}
