"""docs/permissions.md lists the IAM action of every AWS call in the code."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[2]
SERVICES = (
    "s3",
    "lambda",
    "cloudfront",
    "apigatewayv2",
    "logs",
    "acm",
    "route53",
    "dynamodb",
    "iam",
    "cloudwatch",
    "sns",
)
RENAMED = {
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "s3:ListObjectVersions": {"s3:ListBucketVersions"},
    "s3:HeadBucket": {"s3:ListBucket"},
    "s3:HeadObject": {"s3:GetObject", "s3:GetObjectVersion"},
    "s3:CopyObject": {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"},
    "s3:DeleteObjects": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    "s3:PutPublicAccessBlock": {"s3:PutBucketPublicAccessBlock"},
    "s3:PutBucketEncryption": {"s3:PutEncryptionConfiguration"},
    "s3:GetPublicAccessBlock": {"s3:GetBucketPublicAccessBlock"},
    "s3:GetBucketEncryption": {"s3:GetEncryptionConfiguration"},
    "s3:GetBucketLifecycleConfiguration": {"s3:GetLifecycleConfiguration"},
    "s3:PutBucketLifecycleConfiguration": {"s3:PutLifecycleConfiguration"},
    "s3:GetBucketCors": {"s3:GetBucketCORS"},
    "s3:DeleteBucketCors": {"s3:PutBucketCORS"},
    "s3:DeleteBucketLifecycle": {"s3:PutLifecycleConfiguration"},
    "s3:GetBucketReplication": {"s3:GetReplicationConfiguration"},
    "s3:DeleteBucketReplication": {"s3:PutReplicationConfiguration"},
    "s3:GetBucketNotificationConfiguration": {"s3:GetBucketNotification"},
    "s3:PutBucketNotificationConfiguration": {"s3:PutBucketNotification"},
    "s3:GetBucketAccelerateConfiguration": {"s3:GetAccelerateConfiguration"},
    "s3:PutBucketAccelerateConfiguration": {"s3:PutAccelerateConfiguration"},
    **{
        f"s3:{verb}Bucket{kind}Configuration{plural}": {f"s3:{action}{kind}Configuration"}
        for kind in ("Inventory", "Analytics", "Metrics", "IntelligentTiering")
        for verb, plural, action in (("List", "s", "Get"), ("Delete", "", "Put"))
    },
    "lambda:Invoke": {"lambda:InvokeFunction"},
}
OWNERS = {"get_resource_policy": "dynamodb", "delete_resource_policy": "dynamodb"}
"""Whose operation is meant, where it is not that of the first of SERVICES."""
NOT_CALLS = {"publish"}
METHODS = {"Get": "apigateway:GET", "Delete": "apigateway:DELETE", "Create": "apigateway:POST"}


def _operations():
    """Method name -> IAM actions.

    If services share a name, it is that of OWNERS, else of the first of SERVICES.
    """
    session, operations = botocore.session.get_session(), {}
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            name = xform_name(operation)
            if OWNERS.get(name, service) == service:
                operations.setdefault(name, _actions(service, operation))
    return {name: actions for name, actions in operations.items() if name not in NOT_CALLS}


def _actions(service, operation):
    if service == "apigatewayv2":
        return {METHODS.get(re.match("[A-Z][a-z]+", operation)[0], operation)}
    return RENAMED.get(f"{service}:{operation}", {f"{service}:{operation}"})


def _names(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_aws_call_in_the_code_is_in_the_tables():
    documented = set(
        re.findall(r"`([a-z0-9]+:[A-Za-z]+)`", (ROOT / "docs" / "permissions.md").read_text())
    )
    operations = _operations()
    called = {
        name for file in (ROOT / "resumectl").rglob("*.py") for name in _names(file)
    } & operations.keys()

    assert {"put_object", "update_function_code", "list_object_versions"} <= called
    missing = {name: operations[name] - documented for name in called}
    assert {name: actions for name, actions in missing.items() if actions} == {}


@pytest.mark.parametrize(
    ("subject", "accepted"),
    [
        ("repo:octo/resume:environment:prod", True),
        ("repo:octo@1001/resume@2002:environment:prod", True),
        ("repo:octo@1001/resume@2003:environment:prod", False),
        ("repo:octo@1002/resume@2002:environment:prod", False),
        ("repo:octo@1001/resume@2002:environment:staging", False),
        ("repo:octo@1001/resume@2002:ref:refs/heads/main", False),
        ("repo:octo/resume:ref:refs/heads/main", False),
    ],
)
def test_the_trust_policy_accepts_both_subjects_of_one_repository_and_environment(
    subject, accepted
):
    text = (ROOT / "docs" / "permissions.md").read_text()
    (policy,) = re.findall(r"```json5\n(.*?)```", text, flags=re.DOTALL)
    values = {"OWNER_ID": "1001", "REPOSITORY_ID": "2002", "OWNER": "octo", "REPOSITORY": "resume"}
    for name, value in values.items():
        policy = re.sub(rf"\b{name}\b", value, policy)
    (statement,) = json.loads(policy)["Statement"]
    assert list(statement["Condition"]) == ["StringEquals"]
    subjects = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert (subject in subjects) == accepted
