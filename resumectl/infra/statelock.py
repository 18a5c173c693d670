"""Terraform's own state lock: an object beside the state, which a killed Terraform leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resumectl import aws
from resumectl.infra.state import key

if TYPE_CHECKING:
    from resumectl.aws import Client


@dataclass(frozen=True)
class StateLock:
    """Who holds the state, in Terraform's words."""

    id: str
    operation: str
    who: str
    created: str
    etag: str

    def describe(self) -> str:
        """One line: who, what, since when."""
        return f"{self.who} ({self.operation}, since {self.created})"


class StateLocks:
    """The state lock of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = f"{key(env)}.tflock"

    def read(self) -> StateLock | None:
        """The lock, or None."""
        from botocore.exceptions import ClientError

        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if aws.error_code(error) in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        info = json.loads(answer["Body"].read())
        return StateLock(
            info.get("ID", ""), info.get("Operation", ""), info.get("Who", ""), info.get("Created", ""), answer["ETag"]
        )

    def release(self, lock: StateLock) -> bool:
        """Delete the lock if it is still that one."""
        from botocore.exceptions import ClientError

        try:
            self._s3.delete_object(Bucket=self._bucket, Key=self._key, IfMatch=lock.etag)
        except ClientError as error:
            if aws.error_code(error) in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"):
                return False
            raise
        return True
