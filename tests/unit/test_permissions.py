"""docs/permissions.md lists the IAM action of every AWS call in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import botocore.session
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
    "lambda:Invoke": {"lambda:InvokeFunction"},
}
METHODS = {"Get": "apigateway:GET", "Delete": "apigateway:DELETE", "Create": "apigateway:POST"}


def _operations():
    """Method name -> IAM actions. If two services share a name, the first of SERVICES wins."""
    session, operations = botocore.session.get_session(), {}
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            operations.setdefault(xform_name(operation), _actions(service, operation))
    return operations


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
