"""A bucket: its objects with their versions, its conditions, and what its first minutes look like.

Right after S3 made a bucket, calls may answer that there is none; right after it was versioned for
the first time, its versioning may still read as off, and a read of a new object may answer 404.
Here that lasts for a number of calls that the world's seed decides, at most `Aws.settling`; by
default it does not happen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.copied import copied
from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.fakes.aws.world import Aws

NULL = "null"
DEFAULTS: dict[str, Any] = {
    "PublicAccessBlockConfiguration": dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    ),
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "ServerSideEncryptionConfiguration": {
        "Rules": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": False,
            }
        ]
    },
}
"""What S3 gives every new bucket since 2023."""
NO_BUCKET = "The specified bucket does not exist"
NO_KEY = "The specified key does not exist."
FAILED = "At least one of the pre-conditions you specified did not hold"


@dataclass(frozen=True)
class Version:
    """One version of an object; without a body it is a delete marker."""

    id: str
    body: bytes | None
    time: datetime
    headers: dict[str, Any] = field(default_factory=dict)
    checksum: str | None = None

    @property
    def is_marker(self) -> bool:
        return self.body is None

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.body or b"").hexdigest()}"'


class Bucket:
    """One bucket of one account.

    Attributes:
        versioning: "", "Enabled" or "Suspended".
        settings: what else was set, by the name of the setting.
        stuck: error codes for the next attempts to delete a key with `delete_objects`.
    """

    def __init__(self, aws: Aws, name: str, owner: str, region: str) -> None:
        self._aws, self.name, self.owner, self.region = aws, name, owner, region
        self.created = aws.clock.now().replace(microsecond=0)
        self.versioning = ""
        self.settings: dict[str, Any] = copied(DEFAULTS)
        self.stuck: dict[str, list[str]] = {}
        self._objects: dict[str, list[Version]] = {}
        self._absent = self._settling("created")
        self._unversioned = 0
        self._settles = False
        self._unseen: dict[str, int] = {}

    # --- the first minutes

    def seems_absent(self) -> bool:
        """Whether this call still finds no bucket."""
        self._absent -= 1
        return self._absent >= 0

    def shown_versioning(self) -> str:
        self._unversioned -= 1
        return "" if self._unversioned >= 0 else self.versioning

    def seems_unwritten(self, key: str) -> bool:
        """Whether this read of an object that was written just now still finds none."""
        left = self._unseen.get(key, 0)
        if left > 0:
            self._unseen[key] = left - 1
        return left > 0

    def set_versioning(self, status: str) -> None:
        if not self.versioning and status == "Enabled" and self._aws.settling:
            self._unversioned = self._settling("versioned")
            self._settles = True
        self.versioning = status

    def settle(self) -> None:
        """Let its first minutes be over."""
        self._absent = self._unversioned = 0
        self._settles = False
        self._unseen.clear()

    def _settling(self, about: str) -> int:
        chance = self._aws.chance(f"{self.name} {about}")
        return chance.randint(0, self._aws.settling) if self._aws.settling else 0

    # --- objects

    def versions(self, key: str) -> list[Version]:
        """All versions and delete markers of a key, the newest first."""
        return self._objects.get(key, [])

    def current(self, key: str) -> Version | None:
        """What is served; None when there is nothing or a delete marker."""
        versions = self._objects.get(key, [])
        return versions[0] if versions and not versions[0].is_marker else None

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin so, in any order, also of what was deleted."""
        return [key for key in self._objects if key.startswith(prefix)]

    def all_versions(self) -> Iterator[tuple[str, Version, bool]]:
        """Key, version, whether it is the latest: in the order of a listing."""
        for key in sorted(self._objects, key=str.encode):
            for version in self._objects[key]:
                yield key, version, version is self._objects[key][0]

    def find(self, key: str, version_id: str | None = None) -> Version:
        """The current version or the named one, which may be a delete marker.

        Raises:
            Refusal: there is none.
        """
        if version_id is None:
            if self.current(key) is None or self.seems_unwritten(key):
                raise Refusal("NoSuchKey", NO_KEY, Key=key)
            return self._objects[key][0]
        for version in self.versions(key):
            if version.id == version_id:
                return version
        if not version_id.startswith("v0") and version_id != NULL:
            raise Refusal("InvalidArgument", "Invalid version id specified")
        raise Refusal("NoSuchVersion", "The specified version does not exist.", Key=key)

    def add(self, key: str, version: Version) -> None:
        """Put a version on top; in an unversioned bucket it replaces the one before."""
        kept = [old for old in self.versions(key) if old.id != version.id]
        self._objects[key] = [version, *kept]
        if self._settles:
            self._unseen.setdefault(key, self._settling(f"wrote {key}"))

    def new_id(self) -> str:
        """The id of the next version; versions of an unversioned bucket have none."""
        if self.versioning != "Enabled":
            return NULL
        return f"v{self._aws.number(f'version of {self.name}'):08d}"

    def write(self, key: str, body: bytes | None, **more: Any) -> Version:
        """Add a version with this body, or a delete marker."""
        now = self._aws.clock.now().replace(microsecond=0)
        version = Version(self.new_id(), body, now, **more)
        self.add(key, version)
        return version

    def remove(self, key: str, version_id: str) -> Version | None:
        """Delete one version for good; gives it."""
        kept = [version for version in self.versions(key) if version.id != version_id]
        gone = [version for version in self.versions(key) if version.id == version_id]
        self._objects[key] = kept
        if not kept:
            self._objects.pop(key)
        return gone[0] if gone else None

    def refuse_stuck(self, key: str) -> None:
        """Refuse to delete a key for as often as `stuck` says."""
        if codes := self.stuck.get(key):
            raise Refusal(codes.pop(0), "stuck")

    def forget(self, key: str) -> None:
        """Delete a key with all of its versions, as a lifecycle rule does."""
        self._objects.pop(key, None)

    @property
    def is_empty(self) -> bool:
        return not self._objects

    # --- conditions

    def require(self, key: str, given: dict[str, Any]) -> None:
        """Decide If-None-Match: * and If-Match, as S3 does for a write or a deletion.

        Raises:
            Refusal: the condition does not hold. If-Match without an object, or with a delete
                marker as the current version, is 404, everything else 412.
        """
        current = self.current(key)
        if given.get("IfNoneMatch") and current:
            raise Refusal("PreconditionFailed", FAILED, Condition="If-None-Match")
        wanted = given.get("IfMatch")
        if not wanted:
            return
        if current is None:
            raise Refusal("NoSuchKey", NO_KEY, Key=key)
        if wanted != "*" and current.etag.strip('"') != wanted.strip('"'):
            raise Refusal("PreconditionFailed", FAILED, Condition="If-Match")
