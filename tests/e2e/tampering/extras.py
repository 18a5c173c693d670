"""Things added to Terraform's resources that Terraform does not manage."""

from __future__ import annotations

import json
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


def _routes(account: Account) -> Iterator[Tampering]:
    client, where = account["apigatewayv2"], {"ApiId": account.outputs["api_id"]}
    for key in ("GET /admin", "ANY /{proxy+}"):

        def remove(key: str = key) -> None:
            added = next(
                route for route in client.get_routes(**where)["Items"] if route["RouteKey"] == key
            )
            client.delete_route(**where, RouteId=added["RouteId"])

        yield extra(f"route {key}", partial(client.create_route, **where, RouteKey=key), remove)
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
    to = {"LoggingEnabled": {"TargetBucket": account.project_bucket, "TargetPrefix": "logs/"}}
    write = partial(s3.put_bucket_logging, **where)
    yield extra(
        "bucket logging",
        partial(write, BucketLoggingStatus=to),
        partial(write, BucketLoggingStatus={}),
    )
