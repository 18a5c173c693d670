"""A pin: after a rollback, deploy leaves the environment alone until somebody says that the cause is mended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from resumectl import aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.aws import Client


@dataclass(frozen=True)
class Pin:
    """Why an environment is pinned.

    Attributes:
        release: the release that was rolled back to.
        actor: who did.
        time: when.
        reason: why, in that person's words.
    """

    release: int
    actor: Mapping[str, str]
    time: str
    reason: str

    def describe(self) -> str:
        """One line: who, when, why."""
        why = f": {self.reason}" if self.reason else ""
        return f"pinned to release #{self.release} by {self.actor.get('name')} at {self.time}{why}"


class Pins:
    """The pin of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = f"pins/{env}.json"

    def read(self) -> Pin | None:
        """The pin, or None."""
        from botocore.exceptions import ClientError

        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=self._key)["Body"].read()
        except ClientError as error:
            if aws.error_code(error) in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise
        return Pin(**json.loads(body))

    def set(self, pin: Pin) -> None:
        """Pin the environment."""
        body = json.dumps(asdict(pin)).encode()
        self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=body, ContentType="application/json")

    def remove(self) -> None:
        """Unpin the environment."""
        self._s3.delete_object(Bucket=self._bucket, Key=self._key)
