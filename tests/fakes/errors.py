"""The errors that AWS's clients raise."""

from __future__ import annotations

from botocore.exceptions import ClientError


def aws_error(code, operation="Anything", status=400):
    """The error that boto3 raises for a response with this code."""
    response = {
        "Error": {"Code": code, "Message": "as AWS words it"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)
