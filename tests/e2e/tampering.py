"""What others do to an environment, one thing at a time: how it is done and undone, and what drift must say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.e2e.account import zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.e2e.account import Account

    Finding = tuple[str, str, str]
    Write = Callable[..., Any]

NOBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}]}


@dataclass(frozen=True)
class Tampering:
    """One of them.

    Attributes:
        name: says what is done.
        about: what it is done to; two about the same thing are not done together.
        found: part, key and kind of the change that must be found; None when nobody can tell a difference.
    """

    name: str
    about: str
    found: Finding | None
    do: Callable[[], object]
    undo: Callable[[], object]


def catalogue(account: Account) -> list[Tampering]:
    """All of them; the environment must be as it was released."""
    parts = (site, function, _lambda, _api, _bucket, _table, _role, _edge, _logs, _unmanaged)
    return [found for part in parts for found in part(account)]


def _changed(address: str, what: str, write: Write, wrong: Mapping[str, Any], right: Mapping[str, Any]) -> Tampering:
    """A setting that is undone by the same call."""
    found = ("infra", address, "changed")
    return Tampering(f"{address}: {what}", address, found, partial(write, **wrong), partial(write, **right))


def _deleted(address: str, delete: Callable[[], object], make: Callable[[], object]) -> Tampering:
    return Tampering(f"{address}: deleted", address, ("infra", address, "deleted"), delete, make)


# --- the site's objects


def site(account: Account) -> Iterator[Tampering]:
    """Those that visitors see: objects."""
    put = partial(account["s3"].put_object, Bucket=account.site_bucket)
    for key in account.pages():
        yield from _object(account, key)
    for key, body in {"evil.html": b"x", "deep/er/evil.js": b"x", "empty": b"", "späße & mehr.txt": b"x"}.items():
        undo = partial(_restore, account, key, account.versions(account.site_bucket, key))
        yield Tampering(f"{key}: extra", key, ("site", key, "unmanaged"), partial(put, Key=key, Body=body), undo)


def _object(account: Account, key: str) -> Iterator[Tampering]:
    s3, where = account["s3"], {"Bucket": account.site_bucket, "Key": key}
    head, body = s3.head_object(**where), account.page(key)
    undo = partial(_restore, account, key, account.versions(account.site_bucket, key))

    def put(body: bytes, **headers: Any) -> None:
        s3.put_object(Body=body, **where, **{name: head[name] for name in ("ContentType", "CacheControl")} | headers)

    def one(what: str, kind: str | None, do: Callable[[], object]) -> Tampering:
        return Tampering(f"{key}: {what}", key, ("site", key, kind) if kind else None, do, undo)

    yield one("other bytes", "object", partial(put, b"<h1>other</h1>"))
    yield one("as many other bytes", "object" if body else None, partial(put, body[::-1]))
    yield one("no bytes", "object" if body else None, partial(put, b""))
    yield one("other bytes and headers", "object", partial(put, b"other", ContentType="text/x-other"))
    yield one("Content-Type", "headers", partial(put, body, ContentType="text/x-other"))
    yield one("Cache-Control", "headers", partial(put, body, CacheControl="max-age=5"))
    yield one("Content-Encoding", "headers", partial(put, body, ContentEncoding="br"))
    yield one("Content-Disposition", "headers", partial(put, body, ContentDisposition="attachment"))
    yield one("metadata", "headers", partial(put, body, Metadata={"by": "nobody"}))
    yield one("redirect", "headers", partial(put, body, WebsiteRedirectLocation="/elsewhere"))
    yield one("deleted", "deleted", partial(s3.delete_object, **where))
    yield one("deleted and put back", None, partial(put, body))
    yield one("a tag", None, partial(s3.put_object_tagging, **where, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}))


def _restore(account: Account, key: str, before: list[tuple[str, str]]) -> None:
    """Forget every version that is newer."""
    for found, version in account.versions(account.site_bucket, key):
        if found == key and (found, version) not in before:
            account["s3"].delete_object(Bucket=account.site_bucket, Key=key, VersionId=version)


# --- the function's code and alias


def function(account: Account) -> Iterator[Tampering]:
    """Those of the code: versions and the alias. Publishes versions that nobody is served."""
    client, name = account["lambda"], account.outputs["function_name"]
    released = account.release()["function"]
    upload = partial(client.update_function_code, FunctionName=name)
    configure = partial(client.update_function_configuration, FunctionName=name)
    publish = partial(client.publish_version, FunctionName=name)
    point = partial(client.update_alias, FunctionName=name, Name="live")

    configure(MemorySize=512)
    larger = publish()["Version"]
    configure(MemorySize=128)
    upload(ZipFile=zipped())
    other = publish()["Version"]
    restore = partial(upload, ZipFile=account.zip(released["sha256"]))
    restore()

    def alias(what: str, kind: str | None, **to: Any) -> Tampering:
        back = partial(point, FunctionVersion=released["version"], RoutingConfig={"AdditionalVersionWeights": {}})
        found = ("function", "live", kind) if kind else None
        return Tampering(f"live: {what}", "live", found, partial(point, **to), back)

    yield alias("another version", "code", FunctionVersion=other)
    yield alias("an unpublished one", "code", FunctionVersion="$LATEST")
    yield alias("part of the traffic", "code", RoutingConfig={"AdditionalVersionWeights": {other: 0.1}})
    yield alias("other settings", "settings", FunctionVersion=larger)
    latest = ("function", "$LATEST", "code")
    yield Tampering("$LATEST: other code", "$LATEST", latest, partial(upload, ZipFile=zipped()), restore)
    yield Tampering("$LATEST: the same code again", "$LATEST", None, restore, restore)


# --- resources of Terraform


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
        yield _changed(about, setting, configure, {setting: wrong}, {setting: before[setting]})
    arn = before["FunctionArn"]
    tag, untag = partial(client.tag_resource, Resource=arn), partial(client.untag_resource, Resource=arn)
    found = ("infra", about, "changed")
    yield Tampering(
        "function: a tag", about, found, partial(tag, Tags={"By": "nobody"}), partial(untag, TagKeys=["By"])
    )
    describe = partial(client.update_alias, FunctionName=name, Name="live")
    right = client.get_alias(FunctionName=name, Name="live")["Description"]
    yield _changed(alias, "description", describe, {"Description": "Mine"}, {"Description": right})
    permission = account.resource("aws_lambda_permission")
    statement = {"FunctionName": name, "StatementId": "InvokeByApi", "Qualifier": "live"}
    allow = partial(client.add_permission, **statement, Action="lambda:InvokeFunction")
    allow = partial(allow, Principal=permission["principal"], SourceArn=permission["source_arn"])
    yield _deleted("aws_lambda_permission.api", partial(client.remove_permission, **statement), allow)


def _api(account: Account) -> Iterator[Tampering]:
    client, api = account["apigatewayv2"], account.outputs["api_id"]
    integration = account.resource("aws_apigatewayv2_integration")
    route = account.resource("aws_apigatewayv2_route")
    stage = account.resource("aws_apigatewayv2_stage")
    write = partial(client.update_api, ApiId=api)
    about = "aws_apigatewayv2_api.counter"
    yield _changed(about, "name", write, {"Name": "other"}, {"Name": account.resource("aws_apigatewayv2_api")["name"]})
    write = partial(client.update_integration, ApiId=api, IntegrationId=integration["id"])
    about = "aws_apigatewayv2_integration.counter"
    right = integration["integration_uri"]
    yield _changed(about, "target", write, {"IntegrationUri": right + "x"}, {"IntegrationUri": right})
    write = partial(client.update_route, ApiId=api, RouteId=route["id"])
    about = "aws_apigatewayv2_route.all"
    yield _changed(about, "key", write, {"RouteKey": "GET /other"}, {"RouteKey": "$default"})
    yield _changed(about, "authorization", write, {"AuthorizationType": "AWS_IAM"}, {"AuthorizationType": "NONE"})
    write = partial(client.update_stage, ApiId=api, StageName="$default")
    settings = stage["default_route_settings"][0]
    limits = {
        "ThrottlingBurstLimit": settings["throttling_burst_limit"],
        "ThrottlingRateLimit": settings["throttling_rate_limit"],
    }
    about = "aws_apigatewayv2_stage.default"
    wrong = {"DefaultRouteSettings": {"ThrottlingBurstLimit": 5000, "ThrottlingRateLimit": 9000.0}}
    yield _changed(about, "throttling", write, wrong, {"DefaultRouteSettings": limits})


def _bucket(account: Account) -> Iterator[Tampering]:
    s3, where = account["s3"], {"Bucket": account.site_bucket}
    about = "aws_s3_bucket_public_access_block.site"
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    block = {"PublicAccessBlockConfiguration": dict.fromkeys(names, True)}
    open_ = {"PublicAccessBlockConfiguration": dict.fromkeys(names, False)}
    write = partial(s3.put_public_access_block, **where)
    yield _changed(about, "open", write, open_, block)
    yield _deleted(about, partial(s3.delete_public_access_block, **where), partial(write, **block))
    write, about = partial(s3.put_bucket_versioning, **where), "aws_s3_bucket_versioning.site"
    wrong, right = ({"VersioningConfiguration": {"Status": status}} for status in ("Suspended", "Enabled"))
    yield _changed(about, "suspended", write, wrong, right)
    write, about = partial(s3.put_bucket_policy, **where), "aws_s3_bucket_policy.site"
    policy = s3.get_bucket_policy(**where)["Policy"]
    other = json.loads(policy)
    other["Statement"][0]["Condition"]["StringEquals"]["AWS:SourceArn"] += "OTHER"
    yield _changed(about, "another distribution", write, {"Policy": json.dumps(other)}, {"Policy": policy})
    yield _deleted(about, partial(s3.delete_bucket_policy, **where), partial(write, Policy=policy))
    about = "aws_s3_bucket_ownership_controls.site"
    write = partial(s3.put_bucket_ownership_controls, **where)
    wrong, right = (
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": owner}]}}
        for owner in ("ObjectWriter", "BucketOwnerEnforced")
    )
    yield _changed(about, "by the writer", write, wrong, right)
    yield _deleted(about, partial(s3.delete_bucket_ownership_controls, **where), partial(write, **right))
    about = "aws_s3_bucket_server_side_encryption_configuration.site"
    write = partial(s3.put_bucket_encryption, **where)
    wrong, right = (
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": kind}, "BucketKeyEnabled": False}]
            }
        }
        for kind in ("aws:kms", "AES256")
    )
    yield _changed(about, "by KMS", write, wrong, right)
    tags = s3.get_bucket_tagging(**where)["TagSet"]
    write = partial(s3.put_bucket_tagging, **where)
    wrong, right = ({"Tagging": {"TagSet": kept}} for kept in ([*tags, {"Key": "By", "Value": "nobody"}], tags))
    yield _changed("aws_s3_bucket.site", "a tag", write, wrong, right)


def _table(account: Account) -> Iterator[Tampering]:
    client, name = account["dynamodb"], account.outputs["table_name"]
    about, where = "aws_dynamodb_table.counter", {"TableName": name}
    arn = account.resource("aws_dynamodb_table")["arn"]
    write = partial(client.update_continuous_backups, **where)
    wrong, right = ({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": on}} for on in (False, True))
    yield _changed(about, "recovery", write, wrong, right)
    write = partial(client.update_table, **where)
    yield _changed(
        about, "protection", write, {"DeletionProtectionEnabled": True}, {"DeletionProtectionEnabled": False}
    )
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
    yield _changed(about, "stream", write, stream, {"StreamSpecification": {"StreamEnabled": False}})
    write = partial(client.tag_resource, ResourceArn=arn)
    wrong, right = ({"Tags": [{"Key": "Project", "Value": value}]} for value in ("other", "resume"))
    yield _changed(about, "a tag's value", write, wrong, right)


def _role(account: Account) -> Iterator[Tampering]:
    client, role = account["iam"], account.resource("aws_iam_role")
    where, about = {"RoleName": role["name"]}, "aws_iam_role.counter"
    trust = json.loads(role["assume_role_policy"])
    other = {**trust, "Statement": [{**trust["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}
    write = partial(client.update_assume_role_policy, **where)
    wrong, right = ({"PolicyDocument": json.dumps(policy)} for policy in (other, trust))
    yield _changed(about, "trust", write, wrong, right)
    write = partial(client.update_role, **where)
    yield _changed(about, "duration", write, {"MaxSessionDuration": 7200}, {"MaxSessionDuration": 3600})
    policy, about = account.resource("aws_iam_role_policy"), "aws_iam_role_policy.counter"
    inline = {**where, "PolicyName": policy["name"]}
    write = partial(client.put_role_policy, **inline)
    right = {"PolicyDocument": policy["policy"]}
    yield _changed(about, "document", write, {"PolicyDocument": json.dumps(NOBODY)}, right)
    yield _deleted(about, partial(client.delete_role_policy, **inline), partial(write, **right))


def _edge(account: Account) -> Iterator[Tampering]:
    client, distribution = account["cloudfront"], account.outputs["distribution_id"]
    about = "aws_cloudfront_distribution.site"

    def configure(**changes: Any) -> None:
        found = client.get_distribution_config(Id=distribution)
        config = {**found["DistributionConfig"], **changes}
        client.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)

    before = client.get_distribution_config(Id=distribution)["DistributionConfig"]
    wrongs: dict[str, Any] = {
        "Enabled": False,
        "DefaultRootObject": "404.html",
        "Comment": "Mine",
        "PriceClass": "PriceClass_All",
        "HttpVersion": "http1.1",
        "CustomErrorResponses": {"Quantity": 0},
        "DefaultCacheBehavior": {**before["DefaultCacheBehavior"], "ViewerProtocolPolicy": "https-only"},
    }
    for setting, wrong in wrongs.items():
        yield _changed(about, setting, configure, {setting: wrong}, {setting: before[setting]})
    access = account.resource("aws_cloudfront_origin_access_control")["id"]

    def sign(SigningBehavior: str) -> None:
        found = client.get_origin_access_control_config(Id=access)
        config = {**found["OriginAccessControlConfig"], "SigningBehavior": SigningBehavior}
        client.update_origin_access_control(Id=access, IfMatch=found["ETag"], OriginAccessControlConfig=config)

    right = {"SigningBehavior": "always"}
    yield _changed("aws_cloudfront_origin_access_control.site", "signing", sign, {"SigningBehavior": "never"}, right)
    policy = account.resource("aws_cloudfront_response_headers_policy")["id"]

    def secure(**changes: Any) -> None:
        found = client.get_response_headers_policy_config(Id=policy)
        config = {**found["ResponseHeadersPolicyConfig"], **changes}
        client.update_response_headers_policy(Id=policy, IfMatch=found["ETag"], ResponseHeadersPolicyConfig=config)

    comment = client.get_response_headers_policy_config(Id=policy)["ResponseHeadersPolicyConfig"]["Comment"]
    about = "aws_cloudfront_response_headers_policy.site"
    yield _changed(about, "comment", secure, {"Comment": "Mine"}, {"Comment": comment})
    name = account.resource("aws_cloudfront_function")["name"]
    code = client.get_function(Name=name, Stage="LIVE")["FunctionCode"].read()

    def program(code: bytes) -> None:
        found = client.describe_function(Name=name, Stage="DEVELOPMENT")
        config = found["FunctionSummary"]["FunctionConfig"]
        client.update_function(Name=name, IfMatch=found["ETag"], FunctionConfig=config, FunctionCode=code)
        made = client.describe_function(Name=name, Stage="DEVELOPMENT")
        client.publish_function(Name=name, IfMatch=made["ETag"])

    other = b"function handler(event) { return event.request; }"
    yield _changed("aws_cloudfront_function.index[0]", "code", program, {"code": other}, {"code": code})


def _logs(account: Account) -> Iterator[Tampering]:
    client = account["logs"]
    for name in ("counter", "api"):
        about, group = f"aws_cloudwatch_log_group.{name}", account.resource("aws_cloudwatch_log_group", name)
        keep = partial(client.put_retention_policy, logGroupName=group["name"])
        yield _changed(about, "retention", keep, {"retentionInDays": 1}, {"retentionInDays": 30})

        def make(name: str = group["name"], tags: dict[str, str] = group["tags_all"], keep: Write = keep) -> None:
            client.create_log_group(logGroupName=name, tags=tags)
            keep(retentionInDays=30)

        yield _deleted(about, partial(client.delete_log_group, logGroupName=group["name"]), make)


def _unmanaged(account: Account) -> Iterator[Tampering]:
    yield from (*_callers(account), *_routes(account), *_policies(account), *_bucket_settings(account))


def _extra(key: str, do: Callable[[], object], undo: Callable[[], object]) -> Tampering:
    return Tampering(key, key, ("infra", key, "unmanaged"), do, undo)


def _callers(account: Account) -> Iterator[Tampering]:
    client, name = account["lambda"], account.outputs["function_name"]
    alias = {"FunctionName": name, "Name": "canary"}
    make = partial(client.create_alias, **alias, FunctionVersion=account.release()["function"]["version"])
    yield _extra("alias canary", make, partial(client.delete_alias, **alias))
    for sid, qualifier in {"Open": {}, "OpenLive": {"Qualifier": "live"}}.items():
        where = {"FunctionName": name, "StatementId": sid, **qualifier}
        allow = partial(client.add_permission, **where, Action="lambda:InvokeFunction", Principal="*")
        yield _extra(f"statement {sid}", allow, partial(client.remove_permission, **where))


def _routes(account: Account) -> Iterator[Tampering]:
    client, where = account["apigatewayv2"], {"ApiId": account.outputs["api_id"]}
    for key in ("GET /admin", "ANY /{proxy+}"):

        def remove(key: str = key) -> None:
            made = next(route for route in client.get_routes(**where)["Items"] if route["RouteKey"] == key)
            client.delete_route(**where, RouteId=made["RouteId"])

        yield _extra(f"route {key}", partial(client.create_route, **where, RouteKey=key), remove)
    stage = {**where, "StageName": "test"}
    yield _extra("stage test", partial(client.create_stage, **stage), partial(client.delete_stage, **stage))


def _policies(account: Account) -> Iterator[Tampering]:
    client, where = account["iam"], {"RoleName": account.resource("aws_iam_role")["name"]}
    inline = {**where, "PolicyName": "other"}
    add = partial(client.put_role_policy, **inline, PolicyDocument=json.dumps(NOBODY))
    yield _extra("role-policy other", add, partial(client.delete_role_policy, **inline))
    attached = {**where, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    attach, detach = partial(client.attach_role_policy, **attached), partial(client.detach_role_policy, **attached)
    yield _extra("attached-policy AdministratorAccess", attach, detach)


def _bucket_settings(account: Account) -> Iterator[Tampering]:
    s3, where = account["s3"], {"Bucket": account.site_bucket}
    website = {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}}
    do = partial(s3.put_bucket_website, **where, **website)
    yield _extra("bucket website", do, partial(s3.delete_bucket_website, **where))
    cors = {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}}
    yield _extra("bucket cors", partial(s3.put_bucket_cors, **where, **cors), partial(s3.delete_bucket_cors, **where))
    rule = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    do = partial(s3.put_bucket_lifecycle_configuration, **where, LifecycleConfiguration={"Rules": [rule]})
    yield _extra("bucket lifecycle", do, partial(s3.delete_bucket_lifecycle, **where))
    to = {"LoggingEnabled": {"TargetBucket": account.project_bucket, "TargetPrefix": "logs/"}}
    write = partial(s3.put_bucket_logging, **where)
    yield _extra("bucket logging", partial(write, BucketLoggingStatus=to), partial(write, BucketLoggingStatus={}))
