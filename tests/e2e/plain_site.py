"""A small site with a counter, made with plain boto3 calls."""

from __future__ import annotations

import http.client
import io
import json
import textwrap
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resumectl.local.emulator import Running

REGION, BUCKET, PAGE = "eu-west-2", "site", "blog/index.html"
HANDLER = """
    import boto3, json
    table = boto3.client("dynamodb")
    def handler(event, context):
        item = table.update_item(
            TableName="visits", Key={"page": {"S": "/"}}, UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="UPDATED_NEW")
        count = int(item["Attributes"]["n"]["N"])
        return {"statusCode": 200, "body": json.dumps({"count": count})}
"""
INDEX = b"""
    function handler(event) {
        if (event.request.uri.endsWith('/')) event.request.uri += 'index.html';
        return event.request;
    }
"""
EVERY_METHOD = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Site:
    """A bucket, a table, a function and an API, with a distribution in front of them."""

    running: Running
    label: str

    @classmethod
    def build(cls, running: Running) -> Site:
        s3, cdn = client(running, "s3"), client(running, "cloudfront")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for body in (b"old", b"new"):
            s3.put_object(
                Bucket=BUCKET, Key=PAGE, Body=body, ContentType="text/html", CacheControl="no-cache"
            )
        created = cdn.create_function(
            Name="index",
            FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
            FunctionCode=INDEX,
        )
        cdn.publish_function(Name="index", IfMatch=created["ETag"])
        access = cdn.create_origin_access_control(
            OriginAccessControlConfig={
                "Name": "site",
                "SigningProtocol": "sigv4",
                "SigningBehavior": "always",
                "OriginAccessControlOriginType": "s3",
            }
        )["OriginAccessControl"]["Id"]
        function = created["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
        config = _distribution(running, _api(running), access, function)
        distribution = cdn.create_distribution(DistributionConfig=config)["Distribution"]
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_only_from(distribution["ARN"])))
        return cls(running, distribution["DomainName"].split(".")[0])

    def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=120)
        host = f"{self.label}.cloudfront.localhost:{self.running.port}"
        connection.request(method, path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read()

    def count(self) -> Any:
        return json.loads(self.get("/api/count", "POST")[1])["count"]

    def versions(self) -> list[tuple[str, bool]]:
        listed = client(self.running, "s3").list_object_versions(Bucket=BUCKET)["Versions"]
        return [(version["VersionId"], version["IsLatest"]) for version in listed]


def client(running: Running, service: str) -> Any:
    import boto3

    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name=REGION, endpoint_url=running.endpoint, **keys)


def _api(running: Running) -> str:
    iam, functions, apis = (client(running, name) for name in ("iam", "lambda", "apigatewayv2"))
    client(running, "dynamodb").create_table(
        TableName="visits",
        KeySchema=[{"AttributeName": "page", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "page", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(RoleName="counter", AssumeRolePolicyDocument=_policy(trust))["Role"][
        "Arn"
    ]
    allow = {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": "*"}
    iam.put_role_policy(RoleName="counter", PolicyName="count", PolicyDocument=_policy(allow))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("counter.py", textwrap.dedent(HANDLER))
    functions.create_function(
        FunctionName="counter",
        Runtime="python3.13",
        Role=role,
        Handler="counter.handler",
        Code={"ZipFile": zipped.getvalue()},
        Publish=True,
        Timeout=120,
    )
    alias = functions.create_alias(FunctionName="counter", Name="live", FunctionVersion="1")[
        "AliasArn"
    ]
    api: str = apis.create_api(Name="counter", ProtocolType="HTTP")["ApiId"]
    target = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=alias, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="ANY /api/count", Target=f"integrations/{target}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


def _distribution(running: Running, api: str, access: str, function: str) -> dict[str, Any]:
    bucket = {
        "Id": "site",
        "DomainName": f"{BUCKET}.s3.{REGION}.amazonaws.com",
        "OriginAccessControlId": access,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    counter = {
        "Id": "api",
        "DomainName": "127.0.0.1",
        "OriginPath": f"/_aws/execute-api/{api}/$default",
        "CustomOriginConfig": {
            "HTTPPort": running.port,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "http-only",
        },
    }
    pages = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "FunctionAssociations": _items({"EventType": "viewer-request", "FunctionARN": function}),
    }
    calls = {
        "PathPattern": "/api/*",
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        "AllowedMethods": {**_items(*EVERY_METHOD), "CachedMethods": _items("GET", "HEAD")},
    }
    return {
        "CallerReference": "test",
        "Comment": "",
        "Enabled": True,
        "Origins": _items(bucket, counter),
        "DefaultCacheBehavior": pages,
        "CacheBehaviors": _items(calls),
    }


def _items(*items: Any) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": list(items)}


def _only_from(distribution: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
