"""A fake account with the site's bucket, and a process that works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resumectl.site.bucket import SiteBucket
from tests.fakes.aws.cloudfront import Distribution
from tests.fakes.aws.world import Aws
from tests.fakes.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.fakes.aws.bucket import Bucket
    from tests.fakes.faults import Fault

ACCOUNT, REGION = "123456789012", "eu-west-2"
SITE = "site"
WRITES = ("put_object", "copy_object", "delete_objects")


def on(s3: Any) -> SiteBucket:
    """The site's bucket, by this client."""
    return SiteBucket(s3, SITE, ACCOUNT)


class Account:
    """One account.

    Attributes:
        s3: the process's client; its calls are counted, and meet its faults.
        others: a client of somebody else in the same account.
    """

    def __init__(self, *, page: int = 1000, versioned: bool = True) -> None:
        self.aws = Aws(page=page)
        machine = Machine(clock=self.aws.clock)
        self.process = machine.start(self.aws, ACCOUNT, REGION)
        self.s3: Any = self.process.client("s3")
        self.others: Any = machine.start(self.aws, ACCOUNT, REGION).client("s3")
        self.make_bucket(versioned=versioned)

    def make_bucket(self, *, versioned: bool = True) -> None:
        """Make the site's bucket; one that is there is replaced."""
        self.aws.buckets.pop(SITE, None)
        place = {"LocationConstraint": REGION}
        self.others.create_bucket(Bucket=SITE, CreateBucketConfiguration=place)
        if versioned:
            enabled = {"Status": "Enabled"}
            self.others.put_bucket_versioning(Bucket=SITE, VersioningConfiguration=enabled)

    def make_distribution(self, name: str) -> Distribution:
        """A distribution in front of the bucket."""
        arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{name}"
        origins = {"Items": [{"DomainName": f"{SITE}.s3.{REGION}.amazonaws.com"}]}
        made = Distribution(name, arn, {"Origins": origins}, {}, "ETAG1")
        self.aws.service(ACCOUNT, REGION, "cloudfront").distributions[name] = made
        return made

    def fail(self, *faults: Fault) -> None:
        """Plan faults for the next calls of the process."""
        self.process.faults.add(*faults)

    # --- what others do

    def put(self, key: str, body: bytes, **headers: Any) -> str:
        """Somebody else uploads; gives the version's id."""
        answer = self.others.put_object(Bucket=SITE, Key=key, Body=body, **headers)
        return str(answer.get("VersionId", "null"))

    def delete(self, key: str, **version: str) -> None:
        """Somebody else deletes an object, or one of its versions for good."""
        self.others.delete_object(Bucket=SITE, Key=key, **version)

    # --- what is there

    @property
    def bucket(self) -> Bucket:
        found: Bucket = self.aws.buckets[SITE]
        return found

    @property
    def versions(self) -> dict[str, str]:
        """The id of every version that is served, by key."""
        return {key: version.id for key, version in self._current()}

    @property
    def served(self) -> dict[str, bytes | None]:
        """The bytes of every object that visitors get."""
        return {key: version.body for key, version in self._current()}

    def _current(self) -> Iterable[tuple[str, Any]]:
        for key, version, latest in self.bucket.all_versions():
            if latest and not version.is_marker:
                yield key, version

    # --- what the process asked for

    @property
    def calls(self) -> list[tuple[str, Any]]:
        """Every call with its key, the keys that it deletes, or where its list begins."""
        return [(name, _subject(arguments)) for name, arguments in self.process.sent]

    @property
    def writes(self) -> list[tuple[str, Any]]:
        return [call for call in self.calls if call[0] in WRITES]

    def forget_calls(self) -> None:
        self.process.sent.clear()


def _subject(arguments: dict[str, Any]) -> Any:
    if "Delete" in arguments:
        return tuple(item["Key"] for item in arguments["Delete"]["Objects"])
    return arguments.get("Key") or arguments.get("KeyMarker")
