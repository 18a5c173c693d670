"""Looking up what stands by itself: by its name, and ours by its tags, or by the name alone where there are no tags.

A name that only one resource can have, and that somebody else's has, is refused. Of what can have the same name several
times (a distribution's comment, an API, a certificate) somebody else's is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.infra.existing.ask import Ask, Lookup, asked, listed, only, paged, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.plan import Fields

_DENIED: Final = {"AccessDenied", "403"}


def _bucket(ask: Ask, fields: Fields) -> str | None:
    """A bucket gets its tags after it was made: one of this account that has none, and is empty, is ours too."""
    from botocore.exceptions import ClientError

    s3, name = ask.client("s3"), str(fields["bucket"])
    try:
        if asked(s3.get_bucket_versioning, Bucket=name, ExpectedBucketOwner=ask.account) is None:
            return None
    except ClientError as error:
        if aws.error_code(error) not in _DENIED:
            raise
        raise refused(
            f"The bucket {name} is another account's, or must not be looked at."
        ) from error
    tags = asked(s3.get_bucket_tagging, Bucket=name)
    if not tags and not s3.list_object_versions(Bucket=name, MaxKeys=1).get("Versions"):
        return name
    return ask.ours(name, tags and tags["TagSet"])


def _table(ask: Ask, fields: Fields) -> str | None:
    dynamodb, name = ask.client("dynamodb"), fields["name"]
    found = asked(dynamodb.describe_table, TableName=name)
    if not found:
        return None
    return ask.ours(
        name, dynamodb.list_tags_of_resource(ResourceArn=found["Table"]["TableArn"])["Tags"]
    )


def _function(ask: Ask, fields: Fields) -> str | None:
    name = fields["function_name"]
    found = asked(ask.client("lambda").get_function, FunctionName=name)
    return ask.ours(name, found.get("Tags")) if found else None


def _role(ask: Ask, fields: Fields) -> str | None:
    name = fields["name"]
    found = asked(ask.client("iam").get_role, RoleName=name)
    return ask.ours(name, found["Role"].get("Tags")) if found else None


def _log_group(ask: Ask, fields: Fields) -> str | None:
    logs, name = ask.client("logs"), fields["name"]
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    arn = next(
        (group["arn"].removesuffix(":*") for group in groups if group["logGroupName"] == name), None
    )
    return ask.ours(name, logs.list_tags_for_resource(resourceArn=arn)["tags"]) if arn else None


def _alarm(ask: Ask, fields: Fields) -> str | None:
    cloudwatch, name = ask.client("cloudwatch"), fields["alarm_name"]
    for alarm in cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
        return ask.ours(
            name, cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
        )
    return None


def _topic(ask: Ask, fields: Fields) -> str | None:
    sns = ask.client("sns")
    arn = f"arn:{sns.meta.partition}:sns:{ask.region}:{ask.account}:{fields['name']}"
    found = asked(sns.list_tags_for_resource, ResourceArn=arn)
    return ask.ours(arn, found["Tags"]) if found else None


def _distribution(ask: Ask, fields: Fields) -> str | None:
    cloudfront, comment = ask.client("cloudfront"), fields["comment"]
    named = [
        item
        for item in listed(cloudfront.list_distributions, "DistributionList")
        if item["Comment"] == comment
    ]
    return only(
        [item["Id"] for item in named if tagged(ask, item["ARN"])], f"distributions {comment}"
    )


def tagged(ask: Ask, arn: str) -> bool:
    """Whether something of CloudFront has our tags."""
    return ask.owns(ask.client("cloudfront").list_tags_for_resource(Resource=arn)["Tags"]["Items"])


def _api(ask: Ask, fields: Fields) -> str | None:
    name = fields["name"]
    apis = paged(ask.client("apigatewayv2"), "get_apis", "Items")
    return only(
        [api["ApiId"] for api in apis if api["Name"] == name and ask.owns(api.get("Tags"))],
        f"APIs {name}",
    )


def _certificate(ask: Ask, fields: Fields) -> str | None:
    """An issued one, if there are several: another one may be on its way out."""
    acm, domain = ask.client("acm", "us-east-1"), fields["domain_name"]
    for status in ("ISSUED", "PENDING_VALIDATION"):
        found = paged(
            acm, "list_certificates", "CertificateSummaryList", CertificateStatuses=[status]
        )
        for arn in (item["CertificateArn"] for item in found if item["DomainName"] == domain):
            if ask.owns(acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]):
                return str(arn)
    return None


def _access_control(ask: Ask, fields: Fields) -> str | None:
    items = listed(ask.client("cloudfront").list_origin_access_controls, "OriginAccessControlList")
    return next((item["Id"] for item in items if item["Name"] == fields["name"]), None)


def _headers_policy(ask: Ask, fields: Fields) -> str | None:
    lists = ask.client("cloudfront").list_response_headers_policies
    items = (
        item["ResponseHeadersPolicy"]
        for item in listed(lists, "ResponseHeadersPolicyList", Type="custom")
    )
    return next(
        (i["Id"] for i in items if i["ResponseHeadersPolicyConfig"]["Name"] == fields["name"]), None
    )


def _edge_function(ask: Ask, fields: Fields) -> str | None:
    found = asked(
        ask.client("cloudfront").describe_function, Name=fields["name"], Stage="DEVELOPMENT"
    )
    return str(fields["name"]) if found else None


STANDING: Final[Mapping[str, Lookup]] = {
    "aws_acm_certificate": Lookup(_certificate, ("domain_name",)),
    "aws_apigatewayv2_api": Lookup(_api, ("name",)),
    "aws_cloudfront_distribution": Lookup(_distribution, ("comment",)),
    "aws_cloudfront_function": Lookup(_edge_function, ("name",)),
    "aws_cloudfront_origin_access_control": Lookup(_access_control, ("name",)),
    "aws_cloudfront_response_headers_policy": Lookup(_headers_policy, ("name",)),
    "aws_cloudwatch_log_group": Lookup(_log_group, ("name",)),
    "aws_cloudwatch_metric_alarm": Lookup(_alarm, ("alarm_name",)),
    "aws_dynamodb_table": Lookup(_table, ("name",)),
    "aws_iam_role": Lookup(_role, ("name",)),
    "aws_lambda_function": Lookup(_function, ("function_name",)),
    "aws_s3_bucket": Lookup(_bucket, ("bucket",)),
    "aws_sns_topic": Lookup(_topic, ("name",)),
}
