"""The project bucket in memory, and a client of it whose calls can fail and whose clock can be set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = "resume-resumectl-123456789012-eu-west-2"


def aws_error(code):
    return ClientError({"Error": {"Code": code, "Message": "as AWS words it"}}, "Anything")


@dataclass
class Flaky:
    """An S3 client.

    Attributes:
        fail_at: the calls that fail, in their order.
        error: how they fail.
        lost: a failing call is carried out all the same; only its answer is lost.
        before: what others do just before the next call of that name.
        on_call: told each call.
        age: seconds since the last write, by the clock of S3.
    """

    s3: Any
    fail_at: list[str] = field(default_factory=list)
    error: Exception = field(default_factory=lambda: aws_error("PreconditionFailed"))
    lost: bool = False
    before: dict[str, Callable[[], Any]] = field(default_factory=dict)
    on_call: Callable[[str], None] = lambda _: None
    age: float = 0

    def __getattr__(self, name):
        original = getattr(self.s3, name)
        return (
            original
            if name in ("meta", "get_paginator")
            else lambda **given: self._call(name, original, given)
        )

    def _call(self, name, original, given):
        self.on_call(name)
        self.before.pop(name, lambda: None)()
        failing = self.fail_at[:1] == [name]
        if failing:
            self.fail_at.pop(0)
            if self.lost:
                original(**given)
            raise self.error
        answer = original(**given)
        if "LastModified" in answer:  # the emulation sends no date
            date = format_datetime(
                answer["LastModified"] + timedelta(seconds=self.age), usegmt=False
            )
            answer["ResponseMetadata"]["HTTPHeaders"]["date"] = date
        return answer


@pytest.fixture
def empty_s3(s3_client):
    """S3 without any bucket."""
    with mock_aws():
        yield s3_client


@pytest.fixture
def s3(empty_s3):
    """S3 with the project bucket."""
    empty_s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    empty_s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return Flaky(empty_s3)


@pytest.fixture
def bucket():
    return BUCKET


@pytest.fixture
def error_of():
    return aws_error
