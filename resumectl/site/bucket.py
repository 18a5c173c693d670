"""The site's bucket. Every request names it, and the account that must own it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resumectl.aws import Client


@dataclass(frozen=True)
class SiteBucket:
    """The operations of S3 on one bucket: boto3's methods, without the bucket and its owner.

    Attributes:
        s3: a boto3 S3 client.
        name: the bucket's name.
        owner: the 12-digit account that must own it.
    """

    s3: Client
    name: str
    owner: str

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(getattr(self.s3, operation), **self._location)

    def copy_object(self, source: Mapping[str, str], **arguments: object) -> dict[str, Any]:
        """Copy an object of this bucket; `source` is its `Key` and maybe a `VersionId`."""
        response: dict[str, Any] = self.s3.copy_object(
            **self._location,
            CopySource={"Bucket": self.name, **source},
            ExpectedSourceBucketOwner=self.owner,
            **arguments,
        )
        return response

    @property
    def _location(self) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": self.owner}
