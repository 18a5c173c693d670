"""What an interrupted apply leaves in an account (moto), and what the next plan would create."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from types import SimpleNamespace

import boto3

from resumectl.infra import inventory
from resumectl.infra.identity import Deployment
from resumectl.plan import UNKNOWN

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
ACCOUNT, REGION = "123456789012", "eu-west-2"
DEPLOYMENT = Deployment("1f2e3d4c", "prod", ACCOUNT, REGION)
OURS = {
    "Project": "resume",
    "Environment": "prod",
    "Deployment": str(DEPLOYMENT),
    "ManagedBy": "resumectl",
}
THEIRS = {**OURS, "Deployment": f"0a0b0c0d/prod/{ACCOUNT}/{REGION}"}
"""Another project of the same name, in the same account and region."""
NAME, BUCKET, MAIL = "resume-prod-counter", f"resume-prod-site-{ACCOUNT}", "alex@example.com"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:resume-prod-alarms"
ALLOW = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [ALLOW]}
RECORD = 'aws_route53_record.site["A"]'

PLANNED = {
    "aws_acm_certificate.site[0]": {"domain_name": "example.com"},
    "aws_apigatewayv2_api.counter": {"name": "resume-prod-api"},
    "aws_apigatewayv2_integration.counter": {"api_id": UNKNOWN, "integration_type": "AWS_PROXY"},
    "aws_apigatewayv2_route.all": {"api_id": UNKNOWN, "route_key": "$default", "target": UNKNOWN},
    "aws_apigatewayv2_stage.default": {"api_id": UNKNOWN, "name": "$default"},
    "aws_cloudfront_distribution.site": {"comment": "resume-prod"},
    "aws_cloudfront_function.index[0]": {"name": "resume-prod-index"},
    "aws_cloudfront_origin_access_control.site": {"name": "resume-prod-site"},
    "aws_cloudfront_response_headers_policy.site": {"name": "resume-prod-headers"},
    "aws_cloudwatch_log_group.api": {"name": "/aws/vendedlogs/resume-prod-api"},
    'aws_cloudwatch_metric_alarm.failing["api-errors"]': {"alarm_name": "resume-prod-api-errors"},
    "aws_dynamodb_table.counter": {"name": NAME},
    "aws_iam_role.counter": {"name": NAME},
    "aws_iam_role_policy.counter": {"name": "counter", "role": NAME},
    "aws_lambda_alias.live": {"name": "live", "function_name": NAME},
    "aws_lambda_function.counter": {"function_name": NAME},
    "aws_lambda_permission.api": {
        "function_name": NAME,
        "qualifier": "live",
        "statement_id": "InvokeByApi",
    },
    RECORD: {"zone_id": UNKNOWN, "name": "example.com", "type": "A"},
    "aws_s3_bucket.site": {"bucket": BUCKET},
    "aws_s3_bucket_lifecycle_configuration.site[0]": {"bucket": UNKNOWN},
    "aws_s3_bucket_ownership_controls.site": {"bucket": UNKNOWN},
    "aws_s3_bucket_policy.site": {"bucket": UNKNOWN},
    "aws_s3_bucket_public_access_block.site": {"bucket": UNKNOWN},
    "aws_s3_bucket_server_side_encryption_configuration.site": {"bucket": UNKNOWN},
    "aws_s3_bucket_versioning.site": {"bucket": UNKNOWN},
    "aws_sns_topic.alarms[0]": {"name": "resume-prod-alarms"},
    "aws_sns_topic_subscription.alarms[0]": {"topic_arn": UNKNOWN, "endpoint": MAIL},
}


def rows(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def found(account, planned):
    """The resources that exist; raises why one of them is not ours."""
    existing = inventory.existing(account, planned)
    for error in existing.others.values():
        raise error
    return existing.ours


class FakeApis:
    """API Gateway: moto has no tags for its APIs and no stage named `$default`."""

    def __init__(self):
        self.apis = []
        self.parts = {
            "get_integrations": [{"IntegrationId": "i1", "IntegrationType": "AWS_PROXY"}],
            "get_routes": [
                {"RouteId": "r0", "RouteKey": "GET /x"},
                {"RouteId": "r1", "RouteKey": "$default"},
            ],
            "get_stages": [{"StageName": "$default"}],
        }

    def get_paginator(self, operation):
        return SimpleNamespace(paginate=lambda **arguments: self._pages(operation, **arguments))

    def _pages(self, operation, ApiId=None):
        yield {"Items": []}
        if operation == "get_apis":
            yield {"Items": self.apis}
        elif ApiId == "a1":
            yield {"Items": self.parts[operation]}


class Leftovers:
    """Creates the resources of one environment, as Terraform would, inside `mock_aws`.

    Attributes:
        headers: the names of response headers policies, which moto does not know, and their
            comments.
    """

    def __init__(self, clients):
        self.apis, self.headers = FakeApis(), {}
        self._clients, self._lock = clients, threading.Lock()

    def client(self, service, region=REGION):
        if service == "apigatewayv2":
            return self.apis
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = boto3.client(service, region, **KEYS)
            client = self._clients[service, region]
        if service == "cloudfront":
            client.list_response_headers_policies = self._headers
        return client

    @property
    def account(self):
        return inventory.Account(self.client, DEPLOYMENT)

    def existing(self, *addresses):
        """Look for the planned resources at these addresses, by default for all."""
        planned = {address: PLANNED[address] for address in addresses or PLANNED}
        return inventory.existing(self.account, planned)

    def find(self, *addresses):
        """What of them is ours; raises why something is not."""
        return found(self.account, {address: PLANNED[address] for address in addresses or PLANNED})

    def fill(self, tags=OURS):
        """Create everything but the records of the domain."""
        self._create_site(tags)
        self._create_edge(tags)
        self._create_function(tags)
        self._create_rest(tags)

    def create_bucket(self, tags=OURS, body=None):
        s3 = self.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        if tags:
            s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": rows(tags)})
        if body:
            s3.put_object(Bucket=BUCKET, Key="index.html", Body=body)

    def create_distribution(self, tags=OURS, comment="resume-prod"):
        origin = {
            "Id": "site",
            "DomainName": "b.s3.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        config = {
            "CallerReference": str(len(self.distributions())),
            "Comment": comment,
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all"},
        }
        tagged = {"DistributionConfig": config, "Tags": {"Items": rows(tags)}}
        response = self.client("cloudfront").create_distribution_with_tags(
            DistributionConfigWithTags=tagged
        )
        return response["Distribution"]

    def create_certificate(self, tags=OURS, domain="example.com"):
        acm = self.client("acm", "us-east-1")
        return acm.request_certificate(DomainName=domain, ValidationMethod="DNS", Tags=rows(tags))[
            "CertificateArn"
        ]

    def create_record(self, target):
        route53 = self.client("route53")
        zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"][
            "Id"
        ]
        alias = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": target, "EvaluateTargetHealth": False}
        record = {"Name": "example.com", "Type": "A", "AliasTarget": alias}
        changes = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=changes)
        return zone.rpartition("/")[2]

    def _create_site(self, tags):
        self.create_bucket(tags)
        s3 = self.client("s3")
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        rule = {
            "ID": "tidy",
            "Status": "Enabled",
            "Filter": {},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        }
        s3.put_bucket_lifecycle_configuration(
            Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}
        )
        s3.put_bucket_ownership_controls(
            Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
        s3.put_bucket_policy(
            Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": []})
        )
        s3.put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
        )
        encrypted = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=encrypted)

    def _create_edge(self, tags):
        cloudfront = self.client("cloudfront")
        self.create_distribution(tags)
        comment = f"Of {tags.get('Deployment', 'nobody')}"
        config = {"Comment": comment, "Runtime": "cloudfront-js-2.0"}
        cloudfront.create_function(
            Name="resume-prod-index", FunctionConfig=config, FunctionCode=b""
        )
        access = {
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
        cloudfront.create_origin_access_control(
            OriginAccessControlConfig={
                "Name": "resume-prod-site",
                "Description": comment,
                **access,
            }
        )
        self.headers["resume-prod-headers"] = comment

    def _create_function(self, tags):
        iam, functions = self.client("iam"), self.client("lambda")
        role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument="{}", Tags=rows(tags))[
            "Role"
        ]["Arn"]
        iam.put_role_policy(RoleName=NAME, PolicyName="counter", PolicyDocument=json.dumps(POLICY))
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("counter.py", "")
        functions.create_function(
            FunctionName=NAME,
            Role=role,
            Runtime="python3.13",
            Handler="counter.handler",
            Code={"ZipFile": zipped.getvalue()},
            Tags=tags,
        )
        functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion="$LATEST")
        functions.add_permission(
            FunctionName=NAME,
            Qualifier="live",
            StatementId="InvokeByApi",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )

    def _create_rest(self, tags):
        self.apis.apis.append({"Name": "resume-prod-api", "ApiId": "a1", "Tags": tags})
        self.create_certificate(tags)
        logs, sns = self.client("logs"), self.client("sns")
        for name in ("/aws/vendedlogs/resume-prod-api-2", "/aws/vendedlogs/resume-prod-api"):
            logs.create_log_group(logGroupName=name, tags=tags)
        self.client("cloudwatch").put_metric_alarm(
            AlarmName="resume-prod-api-errors",
            Namespace="AWS/ApiGateway",
            MetricName="5xx",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0,
            Tags=rows(tags),
        )
        sns.create_topic(Name="resume-prod-alarms", Tags=rows(tags))
        sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint=MAIL)
        self.client("dynamodb").create_table(
            TableName=NAME,
            KeySchema=[{"AttributeName": "page", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "page", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=rows(tags),
        )

    def distributions(self):
        return self.client("cloudfront").list_distributions()["DistributionList"].get("Items", [])

    def _headers(self, Type, Marker=None):
        """Pages of one policy each."""
        assert Type == "custom"
        position = int(Marker or 0)
        names = list(self.headers)[position : position + 1]
        items = [
            {
                "ResponseHeadersPolicy": {
                    "Id": f"h{position}",
                    "ResponseHeadersPolicyConfig": {"Name": name, "Comment": self.headers[name]},
                }
            }
            for name in names
        ]
        more = {"NextMarker": str(position + 1)} if position + 1 < len(self.headers) else {}
        return {"ResponseHeadersPolicyList": {"Items": items, **more} if items else {}}
