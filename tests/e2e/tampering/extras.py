"""Things added to Terraform's resources that Terraform does not manage."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.e2e.tampering.one import Tampering, extra
from tests.e2e.tampering.resources import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.account import Account


def extras(account: Account) -> Iterator[Tampering]:
    """All of them."""
    yield from (
        *_callers(account),
        *_sources(account),
        *_data(account),
        *_logs(account),
        *_routes(account),
        *_policies(account),
        *_bucket_settings(account),
    )


def _callers(account: Account) -> Iterator[Tampering]:
    client, name = account["lambda"], account.outputs["function_name"]
    alias = {"FunctionName": name, "Name": "canary"}
    make = partial(
        client.create_alias, **alias, FunctionVersion=account.release()["function"]["version"]
    )
    yield extra("alias canary", make, partial(client.delete_alias, **alias))
    for sid, qualifier in {"Open": {}, "OpenLive": {"Qualifier": "live"}}.items():
        where = {"FunctionName": name, "StatementId": sid, **qualifier}
        allow = partial(
            client.add_permission, **where, Action="lambda:InvokeFunction", Principal="*"
        )
        yield extra(f"statement {sid}", allow, partial(client.remove_permission, **where))


def _sources(account: Account) -> Iterator[Tampering]:
    client, name = account["lambda"], account.outputs["function_name"]
    queue = f"arn:aws:sqs:{client.meta.region_name}:000000000000:jobs"
    for suffix in ("", "live"):
        where = {"FunctionName": f"{name}:{suffix}" if suffix else name}

        def remove(where: dict[str, str] = where) -> None:
            rows = client.list_event_source_mappings(**where)["EventSourceMappings"]
            ends = f":{where['FunctionName']}"
            (added,) = [row for row in rows if row["FunctionArn"].endswith(ends)]
            client.delete_event_source_mapping(UUID=added["UUID"])

        add = partial(client.create_event_source_mapping, **where, EventSourceArn=queue)
        yield extra(f"event-source jobs {suffix}".strip(), add, remove)
    where = {"FunctionName": name, "Qualifier": "live"}
    destination = {"DestinationConfig": {"OnFailure": {"Destination": queue}}}
    add = partial(client.put_function_event_invoke_config, **where, **destination)
    yield extra(
        "invoke-config live", add, partial(client.delete_function_event_invoke_config, **where)
    )
    loops = partial(client.put_function_recursion_config, FunctionName=name)
    yield extra(
        f"recursion {name}",
        partial(loops, RecursiveLoop="Allow"),
        partial(loops, RecursiveLoop="Terminate"),
    )


def _data(account: Account) -> Iterator[Tampering]:
    client, table = account["dynamodb"], account.resource("aws_dynamodb_table")
    where, name = {"ResourceArn": table["arn"]}, table["name"]
    statement = {**NOBODY["Statement"][0], "Action": "dynamodb:GetItem", "Principal": "*"}
    policy = json.dumps({**NOBODY, "Statement": [{**statement, "Resource": table["arn"]}]})
    yield extra(
        f"table-policy {name}",
        partial(client.put_resource_policy, **where, Policy=policy),
        partial(client.delete_resource_policy, **where),
    )
    insights = partial(client.update_contributor_insights, TableName=name)
    yield extra(
        f"table-insights {name}",
        partial(insights, ContributorInsightsAction="ENABLE"),
        partial(insights, ContributorInsightsAction="DISABLE"),
    )
    stream = {"TableName": name, "StreamArn": "arn:aws:kinesis:eu-west-2:1:stream/copy"}
    yield extra(
        "table-stream copy",
        partial(client.enable_kinesis_streaming_destination, **stream),
        partial(client.disable_kinesis_streaming_destination, **stream),
    )
    cloudfront = account["cloudfront"]
    distribution = {"DistributionId": account.outputs["distribution_id"]}
    metrics = {
        "RealtimeMetricsSubscriptionConfig": {"RealtimeMetricsSubscriptionStatus": "Enabled"}
    }
    yield extra(
        f"monitoring {distribution['DistributionId']}",
        partial(
            cloudfront.create_monitoring_subscription,
            **distribution,
            MonitoringSubscription=metrics,
        ),
        partial(cloudfront.delete_monitoring_subscription, **distribution),
    )


def _logs(account: Account) -> Iterator[Tampering]:
    client, group = account["logs"], account.resource("aws_cloudwatch_log_group")["name"]
    copy = {"logGroupName": group, "filterName": "copy"}
    target = account.resource("aws_lambda_function")["arn"]
    subscription = extra(
        "subscription-filter copy",
        partial(client.put_subscription_filter, **copy, filterPattern="", destinationArn=target),
        partial(client.delete_subscription_filter, **copy),
    )
    metric = {"metricName": "lines", "metricNamespace": "mine", "metricValue": "1"}
    lines = extra(
        "metric-filter copy",
        partial(client.put_metric_filter, **copy, filterPattern="", metricTransformations=[metric]),
        partial(client.delete_metric_filter, **copy),
    )
    for one in (subscription, lines):  # they go with their group
        yield replace(one, about="aws_cloudwatch_log_group.counter")


def _routes(account: Account) -> Iterator[Tampering]:
    client, where = account["apigatewayv2"], {"ApiId": account.outputs["api_id"]}
    for key in ("GET /admin", "ANY /{proxy+}"):

        def remove(key: str = key) -> None:
            added = next(
                route for route in client.get_routes(**where)["Items"] if route["RouteKey"] == key
            )
            client.delete_route(**where, RouteId=added["RouteId"])

        yield extra(f"route {key}", partial(client.create_route, **where, RouteKey=key), remove)
    jwt = {"Audience": ["other"], "Issuer": "https://issuer.example"}
    authorizer = {"AuthorizerType": "JWT", "Name": "jwt", "JwtConfiguration": jwt}
    source = ["$request.header.Authorization"]

    def drop() -> None:
        (added,) = client.get_authorizers(**where)["Items"]
        client.delete_authorizer(**where, AuthorizerId=added["AuthorizerId"])

    add = partial(client.create_authorizer, **where, **authorizer, IdentitySource=source)
    yield extra("authorizer jwt", add, drop)
    stage = {**where, "StageName": "test"}
    yield extra(
        "stage test", partial(client.create_stage, **stage), partial(client.delete_stage, **stage)
    )


def _policies(account: Account) -> Iterator[Tampering]:
    client, where = account["iam"], {"RoleName": account.resource("aws_iam_role")["name"]}
    inline = {**where, "PolicyName": "other"}
    add = partial(client.put_role_policy, **inline, PolicyDocument=json.dumps(NOBODY))
    yield extra("role-policy other", add, partial(client.delete_role_policy, **inline))
    attached = {**where, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    attach, detach = (
        partial(client.attach_role_policy, **attached),
        partial(client.detach_role_policy, **attached),
    )
    yield extra("attached-policy AdministratorAccess", attach, detach)
    profile = {"InstanceProfileName": "machine"}

    def enter() -> None:
        with suppress(client.exceptions.EntityAlreadyExistsException):
            client.create_instance_profile(**profile)
        client.add_role_to_instance_profile(**profile, **where)

    leave = partial(client.remove_role_from_instance_profile, **profile, **where)
    yield extra("instance-profile machine", enter, leave)


def _bucket_settings(account: Account) -> Iterator[Tampering]:
    s3, where = account["s3"], {"Bucket": account.site_bucket}
    website = {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}}
    do = partial(s3.put_bucket_website, **where, **website)
    yield extra("bucket website", do, partial(s3.delete_bucket_website, **where))
    cors = {
        "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    }
    yield extra(
        "bucket cors",
        partial(s3.put_bucket_cors, **where, **cors),
        partial(s3.delete_bucket_cors, **where),
    )
    rule = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    do = partial(
        s3.put_bucket_lifecycle_configuration, **where, LifecycleConfiguration={"Rules": [rule]}
    )
    yield extra("bucket lifecycle", do, partial(s3.delete_bucket_lifecycle, **where))
    write = partial(s3.put_bucket_accelerate_configuration, **where)
    yield extra(
        "bucket acceleration",
        partial(write, AccelerateConfiguration={"Status": "Enabled"}),
        partial(write, AccelerateConfiguration={"Status": "Suspended"}),
    )
    write = partial(s3.put_bucket_notification_configuration, **where)
    yield extra(
        "bucket notification",
        partial(write, NotificationConfiguration={"EventBridgeConfiguration": {}}),
        partial(write, NotificationConfiguration={}),
    )
    to = {"LoggingEnabled": {"TargetBucket": account.project_bucket, "TargetPrefix": "logs/"}}
    write = partial(s3.put_bucket_logging, **where)
    yield extra(
        "bucket logging",
        partial(write, BucketLoggingStatus=to),
        partial(write, BucketLoggingStatus={}),
    )
