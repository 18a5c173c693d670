"""What a release was made of, kept by its digest: the function's zip, Terraform's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from resumectl import aws

if TYPE_CHECKING:
    from resumectl.aws import Client

Kind = Literal["function", "infra"]


class Artifacts:
    """The kept artifacts of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = f"artifacts/{env}/"

    def keep(self, kind: Kind, digest: str, data: bytes) -> None:
        """Store an artifact, unless it is kept already."""
        from botocore.exceptions import ClientError

        try:
            self._s3.put_object(Bucket=self._bucket, Key=self._key(kind, digest), Body=data, IfNoneMatch="*")
        except ClientError as error:
            if aws.error_code(error) not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise

    def read(self, kind: Kind, digest: str) -> bytes | None:
        """An artifact, or None when it is not kept."""
        from botocore.exceptions import ClientError

        try:
            body: bytes = self._s3.get_object(Bucket=self._bucket, Key=self._key(kind, digest))["Body"].read()
        except ClientError as error:
            if aws.error_code(error) == "NoSuchKey":
                return None
            raise
        return body

    def forget(self, kind: Kind, digest: str) -> None:
        """Delete an artifact that no kept release needs any more."""
        self._s3.delete_object(Bucket=self._bucket, Key=self._key(kind, digest))

    def _key(self, kind: Kind, digest: str) -> str:
        return f"{self._prefix}{kind}/{digest}.zip"
