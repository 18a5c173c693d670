"""Small objects of the project bucket: what is absent is None, a condition that does not hold is False or None.

S3's conditional writes decide every race; everything else that goes wrong is raised as botocore raises it.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from resumectl import aws

if TYPE_CHECKING:
    from resumectl.aws import Client

NEW: Final = {"IfNoneMatch": "*"}
"""The condition that there is no such object yet."""

_ABSENT: Final = ("NoSuchKey", "NoSuchBucket")
_OTHERWISE: Final = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


@dataclass(frozen=True)
class Stored:
    """An object as it was read; `age` is seconds since it was written, by S3's own clock."""

    body: bytes
    etag: str
    age: float


@dataclass(frozen=True)
class Store:
    """The objects of one bucket.

    Attributes:
        s3: a boto3 S3 client.
        bucket: the project bucket.
    """

    s3: Client
    bucket: str

    def read(self, key: str) -> Stored | None:
        """The object, or None when there is none, or no bucket."""
        from botocore.exceptions import ClientError

        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=key)
            body = answer["Body"].read()
        except ClientError as error:
            if aws.error_code(error) in _ABSENT:
                return None
            raise
        told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(told) if told else answer["LastModified"]
        return Stored(
            body, answer["ETag"], max(0.0, (now - answer["LastModified"]).total_seconds())
        )

    def write(
        self, key: str, body: bytes, kind: str = "application/json", **condition: str
    ) -> str | None:
        """Write the object; its ETag, or None when the condition does not hold.

        A lost answer looks the same as a condition that does not hold: who needs to know, reads.
        """
        from botocore.exceptions import ClientError

        try:
            answer = self.s3.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=kind, **condition
            )
        except ClientError as error:
            if condition and aws.error_code(error) in _OTHERWISE:
                return None
            raise
        return str(answer["ETag"])

    def delete(self, key: str, etag: str | None = None) -> bool:
        """Delete the object, if it still has that ETag; whether that was so."""
        from botocore.exceptions import ClientError

        condition = {"IfMatch": etag} if etag else {}
        try:
            self.s3.delete_object(Bucket=self.bucket, Key=key, **condition)
        except ClientError as error:
            if condition and aws.error_code(error) in _OTHERWISE:
                return False
            raise
        return True
