"""The release ledger: one immutable JSON record for each deploy, in the project bucket.

A record is written last, with a conditional write, so two deploys can never both be number 42. A deploy that failed is
recorded as failed; it is never what "released" means, and never a target to roll back to.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from resumectl import aws
from resumectl.store import NEW, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resumectl.aws import Client

SCHEMA: Final = "resumectl/release/v1"
Status = Literal["verified", "unverified", "failed", "destroyed"]


@dataclass(frozen=True)
class Release:
    """One deploy or rollback, as it ended.

    Attributes:
        status: `verified` (smoke passed), `unverified` (smoke was skipped), `failed` (see `failed_step`),
            `destroyed` (nothing is live any more).
        infra: `digest` of the configuration that was applied, `serial` of the state after it.
        function: `version` behind the alias, `sha256` of its zip, `settings`, `routing`.
        site: the manifest, key -> sha256, size, content_type, cache_control, version_id.
        changes: how many changes of each action, by part.
        rollback_of: the release that a rollback went back to.
        repair_of: the release whose function and site `drift --fix` put back.
        taken_back_to: the release that function and site returned to after a failure.
    """

    id: int
    env: str
    time: str
    status: Status
    actor: Mapping[str, Any]
    git: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    infra: Mapping[str, Any] = field(default_factory=dict)
    function: Mapping[str, Any] = field(default_factory=dict)
    site: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    smoke: tuple[Mapping[str, Any], ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    failed_step: str | None = None
    rollback_of: int | None = None
    repair_of: int | None = None
    taken_back_to: int | None = None
    tool: str = ""
    schema: str = SCHEMA

    @property
    def origin(self) -> int:
        """The number of the release that first had this function and site."""
        return self.rollback_of or self.repair_of or self.id

    def as_json(self) -> dict[str, Any]:
        """The record as it is stored."""
        return asdict(self)

    def summary(self) -> dict[str, Any]:
        """The record without the manifest, which can hold thousands of rows: how many objects, how many bytes."""
        size = sum(entry.get("size", 0) for entry in self.site.values())
        return {**self.as_json(), "site": {"objects": len(self.site), "bytes": size}}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Release:
        """Read a stored record; keys that a newer resumectl added are left alone."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in document.items() if key in known}
        return cls(**{**values, "smoke": tuple(values.get("smoke", ()))})


class Ledger:
    """The records of one environment.

    Args:
        s3: a boto3 S3 client.
        bucket: the project bucket.
        env: the environment's name.
    """

    def __init__(self, s3: Client, bucket: str, env: str) -> None:
        self._store = Store(s3, bucket)
        self._prefix = f"releases/{env}/"

    def numbers(self) -> list[int]:
        """The numbers of all records, the newest first."""
        from botocore.exceptions import ClientError

        pages = self._store.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._store.bucket, Prefix=self._prefix
        )
        try:
            keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        except ClientError as error:
            if aws.error_code(error) == "NoSuchBucket":
                return []
            raise
        names = (key.removeprefix(self._prefix).removesuffix(".json") for key in keys)
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def read(self, number: int) -> Release | None:
        """The record with that number, or None."""
        found = self._store.read(self._key(number))
        return Release.from_json(json.loads(found.body)) if found else None

    def newest_first(self) -> Iterator[Release]:
        """The records, read one by one as they are asked for."""
        return (release for number in self.numbers() if (release := self.read(number)))

    def heads(self) -> tuple[Release | None, Release | None]:
        """The newest record, and what "released" means: the newest one that did not fail; None once destroyed."""
        newest = None
        for release in self.newest_first():
            newest = newest or release
            if release.status != "failed":
                return newest, None if release.status == "destroyed" else release
        return newest, None

    def live(self) -> Release | None:
        """The release that is live, as far as the ledger knows."""
        return self.heads()[1]

    def append(self, release: Release) -> Release:
        """Store a new record under the next free number.

        Returns:
            The record with the number that it got.
        """
        number = max(self.numbers(), default=0) + 1
        while True:
            numbered = replace(release, id=number)
            body = json.dumps(numbered.as_json(), sort_keys=True, separators=(",", ":")).encode()
            # A lost answer: the record may be there, and be this one.
            if self._store.write(self._key(number), body, **NEW) or self._is(number, body):
                return numbered
            number += 1

    def forget(self, number: int) -> None:
        """Delete the record with that number."""
        self._store.delete(self._key(number))

    def _is(self, number: int, body: bytes) -> bool:
        found = self._store.read(self._key(number))
        return found is not None and found.body == body

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:06d}.json"
