"""Looking up what is part of something else, and ours because that is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from resumectl.infra.existing.ask import Ask, Lookup, asked, listed, paged
from resumectl.infra.existing.standing import tagged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.plan import Fields


def _of_bucket(operation: str, key: str) -> Lookup:
    """Settings of a bucket: they are there when `operation` answers with something under `key`."""

    def look(ask: Ask, fields: Fields) -> str | None:
        found = asked(getattr(ask.client("s3"), operation), Bucket=fields["bucket"])
        return str(fields["bucket"]) if found and found.get(key) else None

    return Lookup(look, ("bucket",), ("aws_s3_bucket", "bucket"))


def _of_api(operation: str, key: str, id_: str, wanted: str) -> Lookup:
    """A part of an API: the item of the list `operation` whose `key` is the planned field `wanted`."""

    def look(ask: Ask, fields: Fields) -> str | None:
        items = paged(ask.client("apigatewayv2"), operation, "Items", ApiId=fields["api_id"])
        return next(
            (f"{fields['api_id']}/{item[id_]}" for item in items if item[key] == fields[wanted]),
            None,
        )

    return Lookup(look, ("api_id", wanted), ("aws_apigatewayv2_api", "api_id"))


def _alias(ask: Ask, fields: Fields) -> str | None:
    function, name = fields["function_name"], fields["name"]
    return (
        f"{function}/{name}"
        if asked(ask.client("lambda").get_alias, FunctionName=function, Name=name)
        else None
    )


def _permission(ask: Ask, fields: Fields) -> str | None:
    function, alias, sid = fields["function_name"], fields["qualifier"], fields["statement_id"]
    found = asked(ask.client("lambda").get_policy, FunctionName=function, Qualifier=alias)
    statements = json.loads(found["Policy"])["Statement"] if found else ()
    return (
        f"{function}:{alias}/{sid}"
        if sid in [statement["Sid"] for statement in statements]
        else None
    )


def _role_policy(ask: Ask, fields: Fields) -> str | None:
    role, name = fields["role"], fields["name"]
    return (
        f"{role}:{name}"
        if asked(ask.client("iam").get_role_policy, RoleName=role, PolicyName=name)
        else None
    )


def _subscription(ask: Ask, fields: Fields) -> str | None:
    """One that nobody has confirmed has no ARN yet; asking for it again does no harm."""
    topic, endpoint = fields["topic_arn"], fields["endpoint"]
    found = paged(ask.client("sns"), "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
    arns = (item["SubscriptionArn"] for item in found if item["Endpoint"] == endpoint)
    return next((arn for arn in arns if arn.startswith("arn:")), None)


def _record(ask: Ask, fields: Fields) -> str | None:
    """A name in a zone is ours when it leads to a distribution of ours; one that overwrites does no harm."""
    if fields.get("allow_overwrite"):
        return None
    zone, name, kind = fields["zone_id"], fields["name"], fields["type"]
    start = {"StartRecordName": name, "StartRecordType": kind, "MaxItems": "1"}
    answer = ask.client("route53").list_resource_record_sets(HostedZoneId=zone, **start)
    for item in answer["ResourceRecordSets"]:
        if (item["Name"].removesuffix("."), item["Type"]) == (name, kind):
            target = item.get("AliasTarget", {}).get("DNSName", "").removesuffix(".")
            return (
                f"{zone}_{name}_{kind}"
                if _leads_to_us(ask, target)
                else ask.ours(f"{kind} record {name}", {})
            )
    return None


def _leads_to_us(ask: Ask, target: str) -> bool:
    distributions = listed(ask.client("cloudfront").list_distributions, "DistributionList")
    return any(tagged(ask, item["ARN"]) for item in distributions if item["DomainName"] == target)


_FUNCTION: Final = ("aws_lambda_function", "function_name")
BELONGING: Final[Mapping[str, Lookup]] = {
    "aws_apigatewayv2_integration": _of_api(
        "get_integrations", "IntegrationType", "IntegrationId", "integration_type"
    ),
    "aws_apigatewayv2_route": _of_api("get_routes", "RouteKey", "RouteId", "route_key"),
    "aws_apigatewayv2_stage": _of_api("get_stages", "StageName", "StageName", "name"),
    "aws_iam_role_policy": Lookup(_role_policy, ("role", "name"), ("aws_iam_role", "role")),
    "aws_lambda_alias": Lookup(_alias, ("function_name", "name"), _FUNCTION),
    "aws_lambda_permission": Lookup(
        _permission, ("function_name", "qualifier", "statement_id"), _FUNCTION
    ),
    "aws_route53_record": Lookup(_record, ("zone_id", "name", "type")),
    "aws_s3_bucket_lifecycle_configuration": _of_bucket(
        "get_bucket_lifecycle_configuration", "Rules"
    ),
    "aws_s3_bucket_ownership_controls": _of_bucket(
        "get_bucket_ownership_controls", "OwnershipControls"
    ),
    "aws_s3_bucket_policy": _of_bucket("get_bucket_policy", "Policy"),
    "aws_s3_bucket_public_access_block": _of_bucket(
        "get_public_access_block", "PublicAccessBlockConfiguration"
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _of_bucket(
        "get_bucket_encryption", "ServerSideEncryptionConfiguration"
    ),
    "aws_s3_bucket_versioning": _of_bucket("get_bucket_versioning", "Status"),
    "aws_sns_topic_subscription": Lookup(
        _subscription, ("topic_arn", "endpoint"), ("aws_sns_topic", "topic_arn")
    ),
}
