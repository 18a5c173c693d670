"""IAM, DynamoDB, CloudWatch Logs and CloudFront, as far as resumectl needs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.likeness.comparison import Step


def _call(name: str, operation: str, *shown: str, **arguments: Any) -> Step:
    """A call; of its answer the fields at these paths (`Table.TableName`)."""

    def call(client: Any, _: dict[str, str]) -> Any:
        answer = getattr(client, operation)(**arguments)
        return {path: _at(answer, path.split(".")) for path in shown}

    return name, call


def _at(value: Any, path: list[str]) -> Any:
    for key in path:
        value = value[int(key)] if key.isdecimal() else value.get(key)
    return value


_TAG = [{"Key": "Project", "Value": "resume"}]
_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})  # fmt: skip
_TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
     "Action": "sts:AssumeRole"}]})  # fmt: skip
_ROLE = {"RoleName": "likeness"}
_TABLE: dict[str, Any] = {"TableName": "likeness"}
_KEYS = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "page", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "page", "KeyType": "HASH"}],
}
_API = {"Name": "likeness", "ProtocolType": "HTTP"}
_GROUP = {"logGroupName": "/likeness"}
_SITE = {
    "CallerReference": "one",
    "Comment": "likeness",
    "Enabled": True,
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "site",
                "DomainName": "likeness.s3.eu-west-2.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    },
}
_NONE = {"DistributionId": "EDFDVBD6EXAMPL", "Id": "I2J0I21PCUYOIK"}
_BATCH = {"CallerReference": "x", "Paths": {"Quantity": 1, "Items": ["/*"]}}
SERVICES: dict[str, tuple[Step, ...]] = {
    "iam": (
        _call("no role", "get_role", **_ROLE),
        _call("create", "create_role", "Role.RoleName", "Role.Arn",
              **_ROLE, AssumeRolePolicyDocument=_TRUST, Tags=_TAG),
        _call("again", "create_role", **_ROLE, AssumeRolePolicyDocument=_TRUST),
        _call("read", "get_role", "Role.RoleName", "Role.Tags", **_ROLE),
        _call("no policy", "get_role_policy", **_ROLE, PolicyName="p"),
        _call("add a policy", "put_role_policy", **_ROLE, PolicyName="p", PolicyDocument=_POLICY),
        _call("its policies", "list_role_policies", "PolicyNames", **_ROLE),
        _call("none is attached", "list_attached_role_policies", "AttachedPolicies", **_ROLE),
        _call("a role with a policy", "delete_role", **_ROLE),
        _call("drop the policy", "delete_role_policy", **_ROLE, PolicyName="p"),
        _call("delete", "delete_role", **_ROLE),
        _call("gone", "delete_role", **_ROLE),
    ),
    "dynamodb": (
        _call("no table", "describe_table", **_TABLE),
        _call("create", "create_table", "TableDescription.TableName", **_TABLE, **_KEYS, Tags=_TAG),
        _call("again", "create_table", **_TABLE, **_KEYS),
        _call("read", "describe_table", "Table.TableStatus", "Table.KeySchema", **_TABLE),
        _call("protect", "update_table", **_TABLE, DeletionProtectionEnabled=True),
        _call("it is protected", "delete_table", **_TABLE),
        _call("unprotect", "update_table", **_TABLE, DeletionProtectionEnabled=False),
        _call("delete", "delete_table", "TableDescription.TableName", **_TABLE),
        _call("gone", "delete_table", **_TABLE),
    ),
    "logs": (
        _call("no group", "describe_log_groups", "logGroups", logGroupNamePrefix="/likeness"),
        _call("create", "create_log_group", **_GROUP, tags={"Project": "resume"}),
        _call("again", "create_log_group", **_GROUP),
        _call("keep", "put_retention_policy", **_GROUP, retentionInDays=30),
        _call("read", "describe_log_groups", "logGroups.0.logGroupName", "logGroups.0.arn",
              "logGroups.0.retentionInDays", logGroupNamePrefix="/like"),
        _call("delete", "delete_log_group", **_GROUP),
        _call("gone", "delete_log_group", **_GROUP),
        _call("keep what is gone", "put_retention_policy", **_GROUP, retentionInDays=30),
    ),
    "apigatewayv2": (
        _call("no API", "get_api", ApiId="a1b2c3d4e5"),
        _call("routes of none", "get_routes", ApiId="a1b2c3d4e5"),
        _call("create", "create_api", "Name", "ProtocolType", **_API, Tags={"Project": "resume"}),
        _call("listed", "get_apis", "Items.0.Name", "Items.0.Tags"),
        _call("delete none", "delete_api", ApiId="a1b2c3d4e5"),
    ),
    "cloudfront": (
        _call("no distribution", "get_distribution", Id=_NONE["DistributionId"]),
        _call("none is listed", "list_distributions", "DistributionList.Quantity"),
        _call("create", "create_distribution", "Distribution.DistributionConfig.Comment",
              DistributionConfig=_SITE),
        _call("it is listed", "list_distributions", "DistributionList.Quantity",
              "DistributionList.Items.0.Comment", "DistributionList.Items.0.Enabled"),
        _call("invalidate another", "create_invalidation",
              DistributionId=_NONE["DistributionId"], InvalidationBatch=_BATCH),
    ),
}  # fmt: skip
