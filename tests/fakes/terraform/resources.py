"""The types of resources that the fake Terraform knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.terraform.data import Bucket, LogGroup, Table, Versioning
from tests.fakes.terraform.serving import (
    Api,
    Distribution,
    EdgeFunction,
    LambdaAlias,
    LambdaFunction,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.terraform.kind import Kind

KINDS: Mapping[str, Kind] = {
    "aws_apigatewayv2_api": Api(),
    "aws_cloudfront_distribution": Distribution(),
    "aws_cloudfront_function": EdgeFunction(),
    "aws_cloudwatch_log_group": LogGroup(),
    "aws_dynamodb_table": Table(),
    "aws_iam_role": Role(),
    "aws_lambda_alias": LambdaAlias(),
    "aws_lambda_function": LambdaFunction(),
    "aws_s3_bucket": Bucket(),
    "aws_s3_bucket_versioning": Versioning(),
}


def kind(address: str) -> Kind:
    return KINDS[address.split(".", 1)[0]]
