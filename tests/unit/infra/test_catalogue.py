"""Whatever AWS lets somebody attach to our resources is looked at, or docs/drift.md says why not.

The catalogue is AWS's own: every operation of botocore's service models that changes something and
names one of our resources. A new version of botocore may bring new ones.
"""

from __future__ import annotations

import re
from pathlib import Path

import botocore.session
import pytest

from resumectl.infra.inventory import _EXTRAS

ROOT = Path(__file__).parents[3]
NAMES = {
    "apigatewayv2": {"ApiId", "ResourceArn"},
    "cloudfront": {"DistributionId", "TargetDistributionId", "Id", "Name", "Resource"},
    "cloudwatch": {"AlarmName", "AlarmNames", "ResourceARN"},
    "dynamodb": {"TableName", "TableArn", "ResourceArn"},
    "iam": {"RoleName"},
    "lambda": {"FunctionName", "Resource", "ResourceArn"},
    "logs": {
        *("logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupArnList"),
        *("resourceArn", "resourceIdentifier"),
    },
    "s3": {"Bucket"},
    "sns": {"TopicArn", "ResourceArn"},
}
"""How the operations of each service name what terraform/ declares."""
READS = re.compile("Get|List|Describe|Head|Filter|Query|Scan|Search|Select|Test|Export")
UNDOES = re.compile("Delete|Remove|Detach|Disassociate|Disable|Untag|Abort|Reset")

LOOKED_AT = {
    "apigatewayv2:CreateAuthorizer": "authorizer",
    "apigatewayv2:CreateIntegration": "integration",
    "apigatewayv2:CreateRoute": "route",
    "apigatewayv2:CreateStage": "stage",
    "apigatewayv2:UpdateAuthorizer": "authorizer",
    "cloudfront:CreateMonitoringSubscription": "monitoring",
    "dynamodb:EnableKinesisStreamingDestination": "table-stream",
    "dynamodb:PutResourcePolicy": "table-policy",
    "dynamodb:UpdateContributorInsights": "table-insights",
    "dynamodb:UpdateKinesisStreamingDestination": "table-stream",
    "iam:AddRoleToInstanceProfile": "instance-profile",
    "iam:AttachRolePolicy": "attached-policy",
    "iam:PutRolePolicy": "role-policy",
    "lambda:AddPermission": "statement",
    "lambda:CreateAlias": "alias",
    "lambda:CreateEventSourceMapping": "event-source",
    "lambda:CreateFunctionUrlConfig": "function-url",
    "lambda:PutFunctionEventInvokeConfig": "invoke-config",
    "lambda:PutFunctionRecursionConfig": "recursion",
    "lambda:PutProvisionedConcurrencyConfig": "provisioned-concurrency",
    "lambda:PutResourcePolicy": "statement",
    "lambda:PutRuntimeManagementConfig": "runtime-updates",
    "lambda:UpdateEventSourceMapping": "event-source",
    "lambda:UpdateFunctionEventInvokeConfig": "invoke-config",
    "lambda:UpdateFunctionUrlConfig": "function-url",
    "logs:PutMetricFilter": "metric-filter",
    "logs:PutSubscriptionFilter": "subscription-filter",
    "s3:PutBucketAccelerateConfiguration": "bucket",
    "s3:PutBucketAnalyticsConfiguration": "bucket",
    "s3:PutBucketCors": "bucket",
    "s3:PutBucketIntelligentTieringConfiguration": "bucket",
    "s3:PutBucketInventoryConfiguration": "bucket",
    "s3:PutBucketLogging": "bucket",
    "s3:PutBucketMetricsConfiguration": "bucket",
    "s3:PutBucketNotification": "bucket",
    "s3:PutBucketNotificationConfiguration": "bucket",
    "s3:PutBucketReplication": "bucket",
    "s3:PutBucketRequestPayment": "bucket",
    "s3:PutBucketWebsite": "bucket",
    "sns:Subscribe": "subscriber",
}
"""By the inventory: the kind of undeclared resource that the operation makes."""
REFRESHED = {
    "aws_apigatewayv2_api": "apigatewayv2: UpdateApi ReimportApi TagResource",
    "aws_apigatewayv2_integration": "apigatewayv2: UpdateIntegration",
    "aws_apigatewayv2_route": "apigatewayv2: UpdateRoute",
    "aws_apigatewayv2_stage": "apigatewayv2: UpdateStage",
    "aws_cloudfront_distribution": "cloudfront: AssociateAlias AssociateDistributionWebACL"
    " TagResource UpdateDistribution UpdateDistributionWithStagingConfig",
    "aws_cloudfront_function": "cloudfront: CreateFunction PublishFunction UpdateFunction",
    "aws_cloudfront_origin_access_control": "cloudfront: UpdateOriginAccessControl",
    "aws_cloudfront_response_headers_policy": "cloudfront: UpdateResponseHeadersPolicy",
    "aws_cloudwatch_log_group": "logs: AssociateKmsKey CreateLogGroup PutRetentionPolicy"
    " TagLogGroup TagResource",
    "aws_cloudwatch_metric_alarm": "cloudwatch: EnableAlarmActions PutMetricAlarm TagResource",
    "aws_dynamodb_table": "dynamodb: CreateTable TagResource UpdateContinuousBackups UpdateTable"
    " UpdateTimeToLive",
    "aws_iam_role": "iam: CreateRole PutRolePermissionsBoundary TagRole UpdateAssumeRolePolicy"
    " UpdateRole UpdateRoleDescription",
    "aws_lambda_alias": "lambda: UpdateAlias",
    "aws_lambda_function": "lambda: CreateFunction PublishVersion PutFunctionCodeSigningConfig"
    " PutFunctionConcurrency TagResource UpdateFunctionCode UpdateFunctionConfiguration",
    "aws_s3_bucket": "s3: CreateBucket PutBucketTagging PutObjectLockConfiguration",
    "aws_s3_bucket_lifecycle_configuration": "s3: PutBucketLifecycle"
    " PutBucketLifecycleConfiguration",
    "aws_s3_bucket_ownership_controls": "s3: PutBucketOwnershipControls",
    "aws_s3_bucket_policy": "s3: PutBucketPolicy",
    "aws_s3_bucket_public_access_block": "s3: PutPublicAccessBlock",
    "aws_s3_bucket_server_side_encryption_configuration": "s3: PutBucketEncryption",
    "aws_s3_bucket_versioning": "s3: PutBucketVersioning",
    "aws_sns_topic": "sns: AddPermission SetTopicAttributes TagResource",
}
"""By Terraform, because terraform/ declares the resource; code and objects by their own parts."""


def catalogue():
    """Every operation that changes something of our types, such as `s3:PutBucketCors`."""
    session = botocore.session.get_session()
    for service, names in NAMES.items():
        model = session.get_service_model(service)
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            named = names & set(shape.members if shape else ())
            if named and not READS.match(operation) and not UNDOES.match(operation):
                yield f"{service}:{operation}"


def refreshed():
    for type_, line in REFRESHED.items():
        service, operations = line.split(": ")
        yield from ((f"{service}:{operation}", type_) for operation in operations.split())


def excused():
    """The operations in the table of docs/drift.md, with the reason."""
    text = (ROOT / "docs" / "drift.md").read_text().partition("## What is not looked at")[2]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            yield from ((operation, cells[1]) for operation in re.findall(r"`([^`]+)`", cells[0]))


def test_the_catalogue_is_that_of_aws():
    operations = set(catalogue())
    assert len(operations) > 120
    assert {"s3:PutBucketAcl", "lambda:CreateEventSourceMapping"} <= operations


def test_every_operation_is_looked_at_or_has_its_reason():
    known = [*LOOKED_AT, *dict(refreshed()), *dict(excused())]
    assert sorted(known) == sorted(set(known)), "twice"
    assert set(catalogue()) - set(known) == set()
    assert set(known) - set(catalogue()) == set(), "AWS has no such operation"


@pytest.mark.parametrize("kind", sorted(set(LOOKED_AT.values())))
def test_the_inventory_looks_for_it(kind):
    assert kind in {extra.resource for extra in _EXTRAS}


def test_nothing_that_the_inventory_looks_for_is_missing_here():
    assert {extra.resource for extra in _EXTRAS} == set(LOOKED_AT.values())


def test_terraform_declares_what_its_refresh_is_said_to_see():
    text = "".join(file.read_text() for file in (ROOT / "terraform").glob("*.tf"))
    declared = set(re.findall(r'^resource "(\w+)"', text, re.MULTILINE))
    assert set(REFRESHED) - declared == set()


def test_every_reason_is_a_sentence():
    reasons = dict(excused())
    assert reasons
    assert [reason for reason in reasons.values() if len(reason.split()) < 4] == []
