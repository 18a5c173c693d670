"""Changes of Terraform's resources."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.e2e.tampering.one import Tampering, changed, deleted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.account import Account
    from tests.e2e.tampering.one import Write

NOBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}],
}


def resources(account: Account) -> Iterator[Tampering]:
    """All of them."""
    for part in (
        *(_lambda, _api, _bucket, _table, _role),
        *(_edge, _edge_access, _edge_headers, _edge_function, _logs),
    ):
        yield from part(account)


def _lambda(account: Account) -> Iterator[Tampering]:
    client, name = account["lambda"], account.outputs["function_name"]
    about, alias = "aws_lambda_function.counter", "aws_lambda_alias.live"
    configure = partial(client.update_function_configuration, FunctionName=name)
    before = client.get_function_configuration(FunctionName=name)
    wrongs: dict[str, Any] = {
        "MemorySize": 256,
        "Timeout": 29,
        "Handler": "other.handler",
        "Runtime": "python3.12",
        "Description": "Mine",
        "Environment": {"Variables": {**before["Environment"]["Variables"], "DEBUG": "1"}},
        "TracingConfig": {"Mode": "Active"},
    }
    for setting, wrong in wrongs.items():
        yield changed(about, setting, configure, {setting: wrong}, {setting: before[setting]})
    arn = before["FunctionArn"]
    tag, untag = (
        partial(client.tag_resource, Resource=arn),
        partial(client.untag_resource, Resource=arn),
    )
    expected = ("infra", about, "changed")
    yield Tampering(
        "function: a tag",
        about,
        expected,
        partial(tag, Tags={"By": "nobody"}),
        partial(untag, TagKeys=["By"]),
    )
    describe = partial(client.update_alias, FunctionName=name, Name="live")
    right = client.get_alias(FunctionName=name, Name="live")["Description"]
    yield changed(alias, "description", describe, {"Description": "Mine"}, {"Description": right})
    permission = account.resource("aws_lambda_permission")
    statement = {"FunctionName": name, "StatementId": "InvokeByApi", "Qualifier": "live"}
    allow = partial(client.add_permission, **statement, Action="lambda:InvokeFunction")
    allow = partial(allow, Principal=permission["principal"], SourceArn=permission["source_arn"])
    yield deleted(
        "aws_lambda_permission.api", partial(client.remove_permission, **statement), allow
    )


def _api(account: Account) -> Iterator[Tampering]:
    client, api = account["apigatewayv2"], account.outputs["api_id"]
    integration = account.resource("aws_apigatewayv2_integration")
    route = account.resource("aws_apigatewayv2_route")
    stage = account.resource("aws_apigatewayv2_stage")
    write = partial(client.update_api, ApiId=api)
    about = "aws_apigatewayv2_api.counter"
    yield changed(
        about,
        "name",
        write,
        {"Name": "other"},
        {"Name": account.resource("aws_apigatewayv2_api")["name"]},
    )
    write = partial(client.update_integration, ApiId=api, IntegrationId=integration["id"])
    about = "aws_apigatewayv2_integration.counter"
    right = integration["integration_uri"]
    yield changed(
        about, "target", write, {"IntegrationUri": right + "x"}, {"IntegrationUri": right}
    )
    write = partial(client.update_route, ApiId=api, RouteId=route["id"])
    about = "aws_apigatewayv2_route.all"
    yield changed(about, "key", write, {"RouteKey": "GET /other"}, {"RouteKey": "$default"})
    yield changed(
        about,
        "authorization",
        write,
        {"AuthorizationType": "AWS_IAM"},
        {"AuthorizationType": "NONE"},
    )
    write = partial(client.update_stage, ApiId=api, StageName="$default")
    settings = stage["default_route_settings"][0]
    limits = {
        "ThrottlingBurstLimit": settings["throttling_burst_limit"],
        "ThrottlingRateLimit": settings["throttling_rate_limit"],
    }
    about = "aws_apigatewayv2_stage.default"
    wrong = {"DefaultRouteSettings": {"ThrottlingBurstLimit": 5000, "ThrottlingRateLimit": 9000.0}}
    yield changed(about, "throttling", write, wrong, {"DefaultRouteSettings": limits})


def _bucket(account: Account) -> Iterator[Tampering]:
    s3, where = account["s3"], {"Bucket": account.site_bucket}
    about = "aws_s3_bucket_public_access_block.site"
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    block = {"PublicAccessBlockConfiguration": dict.fromkeys(names, True)}
    open_ = {"PublicAccessBlockConfiguration": dict.fromkeys(names, False)}
    write = partial(s3.put_public_access_block, **where)
    yield changed(about, "open", write, open_, block)
    yield deleted(about, partial(s3.delete_public_access_block, **where), partial(write, **block))
    write, about = partial(s3.put_bucket_versioning, **where), "aws_s3_bucket_versioning.site"
    wrong, right = (
        {"VersioningConfiguration": {"Status": status}} for status in ("Suspended", "Enabled")
    )
    yield changed(about, "suspended", write, wrong, right)
    write, about = partial(s3.put_bucket_policy, **where), "aws_s3_bucket_policy.site"
    policy = s3.get_bucket_policy(**where)["Policy"]
    other = json.loads(policy)
    other["Statement"][0]["Condition"]["StringEquals"]["AWS:SourceArn"] += "OTHER"
    yield changed(
        about, "another distribution", write, {"Policy": json.dumps(other)}, {"Policy": policy}
    )
    yield deleted(about, partial(s3.delete_bucket_policy, **where), partial(write, Policy=policy))
    about = "aws_s3_bucket_ownership_controls.site"
    write = partial(s3.put_bucket_ownership_controls, **where)
    wrong, right = (
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": owner}]}}
        for owner in ("ObjectWriter", "BucketOwnerEnforced")
    )
    yield changed(about, "by the writer", write, wrong, right)
    yield deleted(
        about, partial(s3.delete_bucket_ownership_controls, **where), partial(write, **right)
    )
    about = "aws_s3_bucket_server_side_encryption_configuration.site"
    write = partial(s3.put_bucket_encryption, **where)
    wrong, right = (
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": kind},
                        "BucketKeyEnabled": False,
                    }
                ]
            }
        }
        for kind in ("aws:kms", "AES256")
    )
    yield changed(about, "by KMS", write, wrong, right)
    tags = s3.get_bucket_tagging(**where)["TagSet"]
    write = partial(s3.put_bucket_tagging, **where)
    wrong, right = (
        {"Tagging": {"TagSet": tagged}}
        for tagged in ([*tags, {"Key": "By", "Value": "nobody"}], tags)
    )
    yield changed("aws_s3_bucket.site", "a tag", write, wrong, right)


def _table(account: Account) -> Iterator[Tampering]:
    client, name = account["dynamodb"], account.outputs["table_name"]
    about, where = "aws_dynamodb_table.counter", {"TableName": name}
    arn = account.resource("aws_dynamodb_table")["arn"]
    write = partial(client.update_continuous_backups, **where)
    wrong, right = (
        {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": on}}
        for on in (False, True)
    )
    yield changed(about, "recovery", write, wrong, right)
    write = partial(client.update_table, **where)
    yield changed(
        about,
        "protection",
        write,
        {"DeletionProtectionEnabled": True},
        {"DeletionProtectionEnabled": False},
    )
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
    yield changed(about, "stream", write, stream, {"StreamSpecification": {"StreamEnabled": False}})
    write = partial(client.tag_resource, ResourceArn=arn)
    wrong, right = ({"Tags": [{"Key": "Project", "Value": value}]} for value in ("other", "resume"))
    yield changed(about, "a tag's value", write, wrong, right)


def _role(account: Account) -> Iterator[Tampering]:
    client, role = account["iam"], account.resource("aws_iam_role")
    where, about = {"RoleName": role["name"]}, "aws_iam_role.counter"
    trust = json.loads(role["assume_role_policy"])
    other = {
        **trust,
        "Statement": [{**trust["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}],
    }
    write = partial(client.update_assume_role_policy, **where)
    wrong, right = ({"PolicyDocument": json.dumps(policy)} for policy in (other, trust))
    yield changed(about, "trust", write, wrong, right)
    write = partial(client.update_role, **where)
    yield changed(
        about, "duration", write, {"MaxSessionDuration": 7200}, {"MaxSessionDuration": 3600}
    )
    policy, about = account.resource("aws_iam_role_policy"), "aws_iam_role_policy.counter"
    inline = {**where, "PolicyName": policy["name"]}
    write = partial(client.put_role_policy, **inline)
    right = {"PolicyDocument": policy["policy"]}
    yield changed(about, "document", write, {"PolicyDocument": json.dumps(NOBODY)}, right)
    yield deleted(about, partial(client.delete_role_policy, **inline), partial(write, **right))


def _edge(account: Account) -> Iterator[Tampering]:
    client, distribution = account["cloudfront"], account.outputs["distribution_id"]
    about = "aws_cloudfront_distribution.site"

    def configure(**changes: Any) -> None:
        current = client.get_distribution_config(Id=distribution)
        config = {**current["DistributionConfig"], **changes}
        client.update_distribution(
            Id=distribution, IfMatch=current["ETag"], DistributionConfig=config
        )

    before = client.get_distribution_config(Id=distribution)["DistributionConfig"]
    wrongs: dict[str, Any] = {
        "Enabled": False,
        "DefaultRootObject": "404.html",
        "Comment": "Mine",
        "PriceClass": "PriceClass_All",
        "HttpVersion": "http1.1",
        "CustomErrorResponses": {"Quantity": 0},
        "DefaultCacheBehavior": {
            **before["DefaultCacheBehavior"],
            "ViewerProtocolPolicy": "https-only",
        },
    }
    for setting, wrong in wrongs.items():
        yield changed(about, setting, configure, {setting: wrong}, {setting: before[setting]})


def _edge_access(account: Account) -> Iterator[Tampering]:
    client = account["cloudfront"]
    access = account.resource("aws_cloudfront_origin_access_control")["id"]

    def sign(SigningBehavior: str) -> None:
        current = client.get_origin_access_control_config(Id=access)
        config = {**current["OriginAccessControlConfig"], "SigningBehavior": SigningBehavior}
        client.update_origin_access_control(
            Id=access, IfMatch=current["ETag"], OriginAccessControlConfig=config
        )

    right = {"SigningBehavior": "always"}
    yield changed(
        "aws_cloudfront_origin_access_control.site",
        "signing",
        sign,
        {"SigningBehavior": "never"},
        right,
    )


def _edge_headers(account: Account) -> Iterator[Tampering]:
    client = account["cloudfront"]
    policy = account.resource("aws_cloudfront_response_headers_policy")["id"]

    def secure(**changes: Any) -> None:
        current = client.get_response_headers_policy_config(Id=policy)
        config = {**current["ResponseHeadersPolicyConfig"], **changes}
        client.update_response_headers_policy(
            Id=policy, IfMatch=current["ETag"], ResponseHeadersPolicyConfig=config
        )

    comment = client.get_response_headers_policy_config(Id=policy)["ResponseHeadersPolicyConfig"][
        "Comment"
    ]
    about = "aws_cloudfront_response_headers_policy.site"
    yield changed(about, "comment", secure, {"Comment": "Mine"}, {"Comment": comment})


def _edge_function(account: Account) -> Iterator[Tampering]:
    client, name = account["cloudfront"], account.resource("aws_cloudfront_function")["name"]
    code = client.get_function(Name=name, Stage="LIVE")["FunctionCode"].read()

    def program(code: bytes) -> None:
        current = client.describe_function(Name=name, Stage="DEVELOPMENT")
        config = current["FunctionSummary"]["FunctionConfig"]
        client.update_function(
            Name=name, IfMatch=current["ETag"], FunctionConfig=config, FunctionCode=code
        )
        updated = client.describe_function(Name=name, Stage="DEVELOPMENT")
        client.publish_function(Name=name, IfMatch=updated["ETag"])

    other = b"function handler(event) { return event.request; }"
    yield changed(
        "aws_cloudfront_function.index[0]", "code", program, {"code": other}, {"code": code}
    )


def _logs(account: Account) -> Iterator[Tampering]:
    client = account["logs"]
    for name in ("counter", "api"):
        about, group = (
            f"aws_cloudwatch_log_group.{name}",
            account.resource("aws_cloudwatch_log_group", name),
        )
        keep = partial(client.put_retention_policy, logGroupName=group["name"])
        yield changed(about, "retention", keep, {"retentionInDays": 1}, {"retentionInDays": 30})

        def make(
            name: str = group["name"], tags: dict[str, str] = group["tags_all"], keep: Write = keep
        ) -> None:
            client.create_log_group(logGroupName=name, tags=tags)
            keep(retentionInDays=30)

        yield deleted(about, partial(client.delete_log_group, logGroupName=group["name"]), make)
