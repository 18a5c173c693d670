from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from resumectl.infra import unmanaged
from resumectl.infra.state import Resource, State
from resumectl.infra.unmanaged import bucket

OUTPUTS = {
    "api_id": "a1",
    "function_name": "resume-prod-counter",
    "function_alias": "live",
    "site_bucket": "site",
}
FUNCTION = "arn:aws:lambda:eu-west-2:1:function:resume-prod-counter"
URL = "https://abc.lambda-url.eu-west-2.on.aws/"
ABSENT = {
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_policy": "ResourceNotFoundException",
}
CLEAN = {
    "get_routes": {
        "Items": [{"RouteId": "r1", "RouteKey": "$default", "Target": "integrations/i1"}]
    },
    "get_stages": {"Items": [{"StageName": "$default"}]},
    "list_aliases": {"Aliases": [{"Name": "live", "FunctionVersion": "3"}]},
    "list_function_url_configs": {"FunctionUrlConfigs": []},
    "list_role_policies": {"PolicyNames": ["counter"]},
    "list_attached_role_policies": {"AttachedPolicies": []},
    "get_bucket_logging": {},
    "get_bucket_notification_configuration": {},
}


def resource(type_, **attributes):
    return Resource(f"{type_}.x", type_, tainted=False, attributes=attributes)


STATE = State(
    1,
    "",
    OUTPUTS,
    (
        resource("aws_apigatewayv2_route", id="r1"),
        resource("aws_apigatewayv2_stage", name="$default"),
        resource("aws_lambda_alias", name="live"),
        resource("aws_lambda_permission", statement_id="InvokeByApi"),
        resource("aws_iam_role", name="resume-prod-counter"),
        resource("aws_iam_role_policy", name="counter"),
    ),
)


@dataclass
class Cloud:
    """Every service at once: answers by operation; an answer that is a string is an error's code."""

    answers: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)

    def get_paginator(self, operation):
        return Pages(self, operation)

    def __getattr__(self, operation):
        def call(**arguments):
            self.calls.append((operation, arguments))
            answer = self.answers.get(operation, CLEAN.get(operation, ABSENT.get(operation, {})))
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer, "Message": ""}}, operation)
            return {**answer, "ResponseMetadata": {}}

        return call


@dataclass
class Pages:
    cloud: Cloud
    operation: str

    def paginate(self, **arguments):
        yield getattr(self.cloud, self.operation)(**arguments)


def found(**answers):
    return unmanaged.find(lambda _service: Cloud({**CLEAN, **answers}), STATE)


def test_nothing_but_what_was_released():
    policy = {"Statement": [{"Sid": "InvokeByApi"}]}
    assert found(get_policy={"Policy": json.dumps(policy)}) == ()


CASES = [
    (
        {"get_routes": {"Items": [{"RouteId": "r2", "RouteKey": "GET /a"}]}},
        "route GET /a",
        ("delete_route", {"ApiId": "a1", "RouteId": "r2"}),
    ),
    (
        {"get_stages": {"Items": [{"StageName": "test"}]}},
        "stage test",
        ("delete_stage", {"ApiId": "a1", "StageName": "test"}),
    ),
    (
        {"list_aliases": {"Aliases": [{"Name": "canary", "FunctionVersion": "2"}]}},
        "alias canary",
        ("delete_alias", {"FunctionName": "resume-prod-counter", "Name": "canary"}),
    ),
    (
        {
            "list_function_url_configs": {
                "FunctionUrlConfigs": [
                    {"FunctionUrl": URL, "FunctionArn": f"{FUNCTION}:live", "AuthType": "NONE"},
                ]
            }
        },
        f"function-url {URL}",
        (
            "delete_function_url_config",
            {"FunctionName": "resume-prod-counter", "Qualifier": "live"},
        ),
    ),
    (
        {"get_policy": {"Policy": json.dumps({"Statement": [{"Sid": "Open", "Principal": "*"}]})}},
        "statement Open",
        ("remove_permission", {"FunctionName": "resume-prod-counter", "StatementId": "Open"}),
    ),
    (
        {"list_role_policies": {"PolicyNames": ["counter", "other"]}},
        "role-policy other",
        ("delete_role_policy", {"RoleName": "resume-prod-counter", "PolicyName": "other"}),
    ),
    (
        {
            "list_attached_role_policies": {
                "AttachedPolicies": [{"PolicyName": "All", "PolicyArn": "arn:all"}]
            }
        },
        "attached-policy All",
        ("detach_role_policy", {"RoleName": "resume-prod-counter", "PolicyArn": "arn:all"}),
    ),
    (
        {"get_bucket_website": {"IndexDocument": {"Suffix": "index.html"}}},
        "bucket website",
        ("delete_bucket_website", {"Bucket": "site"}),
    ),
    (
        {"get_bucket_cors": {"CORSRules": [{}]}},
        "bucket cors",
        ("delete_bucket_cors", {"Bucket": "site"}),
    ),
    (
        {"get_bucket_lifecycle_configuration": {"Rules": [{}]}},
        "bucket lifecycle",
        ("delete_bucket_lifecycle", {"Bucket": "site"}),
    ),
    (
        {"get_bucket_replication": {"ReplicationConfiguration": {}}},
        "bucket replication",
        ("delete_bucket_replication", {"Bucket": "site"}),
    ),
    (
        {"get_bucket_logging": {"LoggingEnabled": {"TargetBucket": "logs"}}},
        "bucket logging",
        ("put_bucket_logging", {"Bucket": "site", "BucketLoggingStatus": {}}),
    ),
    (
        {"get_bucket_notification_configuration": {"TopicConfigurations": [{}]}},
        "bucket notification",
        (
            "put_bucket_notification_configuration",
            {"Bucket": "site", "NotificationConfiguration": {}},
        ),
    ),
]


@pytest.mark.parametrize(("answers", "key", "undone"), CASES, ids=[case[1] for case in CASES])
def test_each_kind_is_found_and_can_be_taken_away(answers, key, undone):
    cloud = Cloud()
    (change,) = found(**answers)
    unmanaged.remove(lambda _service: cloud, STATE, change)

    assert (change.part, change.key, change.kind, change.action) == (
        "infra",
        key,
        "unmanaged",
        "create",
    )
    assert cloud.calls == [undone]


def test_a_statement_of_the_alias_is_taken_from_the_alias():
    class OnlyAlias(Cloud):
        def get_policy(self, **where):
            if "Qualifier" not in where:
                raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetPolicy")
            return {"Policy": json.dumps({"Statement": [{"Sid": "Open"}]})}

    cloud = OnlyAlias()
    (change,) = unmanaged.find(lambda _service: cloud, STATE)
    unmanaged.remove(lambda _service: cloud, STATE, change)
    assert cloud.calls[-1][1]["Qualifier"] == "live"


@pytest.mark.parametrize("name", bucket._SETTINGS)
def test_a_setting_that_terraform_has_a_resource_for_is_terraforms(name):
    setting = bucket._SETTINGS[name]
    state = State(1, "", OUTPUTS, (*STATE.resources, resource(setting.type)))
    assert unmanaged.find(lambda _service: Cloud({setting.read: {"Rules": [{}]}}), state) == ()


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("get_routes", "NotFoundException"),
        ("list_aliases", "ResourceNotFoundException"),
        ("list_role_policies", "NoSuchEntity"),
        ("get_bucket_website", "NoSuchBucket"),
    ],
)
def test_what_is_gone_altogether_is_terraforms_to_tell(operation, code):
    assert found(**{operation: code}) == ()


@pytest.mark.parametrize(
    "operation", ["get_routes", "get_policy", "get_bucket_cors", "list_role_policies"]
)
def test_only_not_found_means_absent(operation):
    with pytest.raises(ClientError, match="AccessDenied"):
        found(**{operation: "AccessDenied"})
