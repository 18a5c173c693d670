"""The project bucket: one per project, account and region.

It holds Terraform's state, the ledger, the locks and what releases were made of. S3's conditional
writes decide every race. Every request names the account that must own it, and before the first one
the bucket's own `project.json` proves that it belongs to this project.

Right after S3 made a bucket, reads may say that it does not exist; for up to 15 minutes after it
was first versioned, a read may miss a new object. What is known to be there is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from resumectl import aws, responses
from resumectl.backoff import Backoff
from resumectl.errors import CloudError
from resumectl.release import project as projects
from resumectl.release import setup

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.release.project import Project

T = TypeVar("T")

NEW: Final = {"IfNoneMatch": "*"}
"""The condition that there is no such object yet."""

UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError)
"""What reading a document raises that is damaged, or that a newer resumectl wrote."""

_SETTLING: Final = 900.0
"""Seconds after which a new bucket shows every object."""
PATIENCE: Final = Backoff(60.0, first=0.2)
"""For how long a new bucket is waited for."""
_CONFLICTS: Final = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


@dataclass(frozen=True)
class Stored:
    """An object as it was read; `age` is seconds since it was written, by S3's own clock."""

    body: bytes
    etag: str
    age: float


def bucket_name(project: str, account: str, region: str) -> str:
    """The bucket's name: unique on AWS, the same on every machine (at most 63 characters)."""
    return f"{project}-resumectl-{account}-{region}"


class ProjectBucket:
    """The project bucket, as one environment uses it.

    Args:
        s3: a boto3 S3 client.
        name: the bucket's name.
        owner: the 12-digit account that must own it.
        env: the environment's name; each has its own keys.
        project: proves that it is this project's bucket; without one, that is not checked.
        patience: for how long what must be there is waited for.
    """

    def __init__(  # noqa: PLR0913 - collaborators
        self,
        s3: Client,
        name: str,
        owner: str,
        env: str,
        project: Project | None = None,
        patience: Backoff = PATIENCE,
    ) -> None:
        self.s3 = s3
        self.name = name
        self.env = env
        self.project = project
        self._owner = owner
        self._patience = patience
        self._facts = setup.Facts(proven=project is None)

    def through(self, s3: Client) -> ProjectBucket:
        """The same bucket through another client; what is known of it is shared."""
        other = ProjectBucket(s3, self.name, self._owner, self.env, self.project, self._patience)
        other._facts = self._facts
        return other

    # --- whose it is

    def prove(self) -> None:
        """Check once that the bucket, if there is one, belongs to this project and account.

        Raises:
            Refused, CloudError: it does not.
        """
        with self._facts.proof:
            if self.project is None or self._facts.proven:
                return
            self._facts.is_settling = True  # until its own age is known
            with setup.explained(self.name):
                stored = self._awaited(projects.KEY)
            if stored is not None:
                self.project.prove(stored.body)
                self._facts.claim_etag = stored.etag
                self._facts.known = self._facts.ready = True  # it is claimed after it was set up
                self._facts.is_settling = stored.age < _SETTLING
            self._facts.proven = True

    @property
    def project_id(self) -> str:
        """The id of the project that the bucket belongs to, or will belong to."""
        self.prove()
        return self.project.id if self.project else ""

    def claim(self) -> bool:
        """Let the bucket say whose it is; returns whether it did not before. Proves it, too."""
        if self.project is None:
            return False
        self.prove()
        is_new, document = not self._facts.claim_etag, self.project.document()
        if document is not None:
            condition = NEW if is_new else {"IfMatch": self._facts.claim_etag}
            written = self.write(projects.KEY, document, **condition)
            stored = None if written else self.read(projects.KEY)
            self.project.prove(stored.body if stored else document)
            self._facts.claim_etag = written or (stored.etag if stored else "")
            is_new = is_new and written is not None
        self.project.remember()
        return is_new

    # --- objects

    def read(self, key: str, version: str | None = None) -> Stored | None:
        """The object, or None if there is none, or no bucket.

        Raises:
            CloudError: a new bucket lists it, but does not return it.
        """
        self.prove()
        return self._awaited(key, version)

    def write(
        self, key: str, body: bytes, kind: str = "application/json", **condition: str
    ) -> str | None:
        """Write the object; returns its ETag, or None if the condition does not hold.

        A lost response looks like a failed condition; callers that care re-read the object.
        """
        from botocore.exceptions import ClientError

        try:
            response = self._send(
                self.s3.put_object, **self._at(key), Body=body, ContentType=kind, **condition
            )
        except ClientError as error:
            if condition and aws.error_code(error) in _CONFLICTS:
                return None
            raise
        return str(response["ETag"])

    def delete(self, key: str, etag: str | None = None) -> bool:
        """Delete the object, if it still has that ETag; returns whether it did."""
        from botocore.exceptions import ClientError

        condition = {"IfMatch": etag} if etag else {}
        try:
            self._send(self.s3.delete_object, **self._at(key), **condition)
        except ClientError as error:
            if condition and aws.error_code(error) in _CONFLICTS:
                return False
            raise
        return True

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`, sorted; none if there is no bucket."""
        self.prove()
        return self._listed(prefix)

    def versions(self, key: str) -> Iterator[str]:
        """The version ids of an object, the newest first; deletions are left out."""
        pages = self.s3.get_paginator("list_object_versions").paginate(**self._here(), Prefix=key)
        rows = self._send(lambda: [row for page in pages for row in page.get("Versions", ())])
        yield from (str(row["VersionId"]) for row in rows if row["Key"] == key)

    def restore(self, key: str, version: str) -> None:
        """Make an old version of an object the current one again."""
        source = {"Bucket": self.name, "Key": key, "VersionId": version}
        expected = {"ExpectedSourceBucketOwner": self._owner}
        self._send(self.s3.copy_object, **self._at(key), CopySource=source, **expected)

    # --- the bucket itself

    def exists(self) -> bool:
        """Whether the bucket is there and set up; one that was made or seen here stays known."""
        self.prove()
        if not self._facts.ready:
            self._facts.ready = self._versioning() == "Enabled"
        return self._facts.ready

    def is_absent(self) -> bool:
        """Whether S3 has no such bucket; one that is only half made is there."""
        self.prove()
        return not self._facts.known and self._versioning() is None

    def ensure(self, region: str) -> bool:
        """Make the bucket if it is missing or half made: private, encrypted, TLS only, versioned.

        Returns:
            Whether anything had to be done.

        Raises:
            Refused: another account has a bucket of that name.
        """
        self.prove()
        if self._facts.made or self._versioning() == "Enabled":
            self._facts.ready = True
            return False
        setup.create(self.s3, self.name, region)
        self._facts.known = self._facts.is_settling = True
        setup.complete(self.s3, self._send, self._here())
        self._facts.ready = self._facts.made = True
        return True

    # --- requests

    def _versioning(self) -> str | None:
        """The bucket's versioning, which may be empty; None if there is no bucket."""
        response = aws.found(self.s3.get_bucket_versioning, **self._location)
        self._facts.known |= response is not None
        return None if response is None else str(response.get("Status", ""))

    def _listed(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(**self._location, Prefix=prefix)

        def keys() -> list[str]:
            return [row["Key"] for page in pages for row in page.get("Contents", ())]

        return aws.found(lambda: self._send(keys)) or []

    def _awaited(self, key: str, version: str | None = None) -> Stored | None:
        """Read an object; one that a new bucket lists, but does not return yet, is waited for."""
        for _ in self._patience.attempts():
            stored = self._read(key, version)
            if stored or version or not self._facts.is_settling or key not in self._listed(key):
                return stored
        raise CloudError(
            f"S3 lists {key} in {self.name}, but does not return it yet.",
            hint="A new bucket needs up to 15 minutes to settle. Then run the same command again.",
            code="settling",
        )

    def _read(self, key: str, version: str | None = None) -> Stored | None:
        exactly = {"VersionId": version} if version else {}
        arguments = {**self._location, "Key": key, **exactly}

        def get() -> tuple[dict[str, Any], bytes]:
            response = self._send(self.s3.get_object, **arguments)
            return response, response["Body"].read()

        answer = aws.found(responses.repeated, read=get)
        if answer is None:
            return None
        response, body = answer
        date = response["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(date).replace(tzinfo=UTC) if date else response["LastModified"]
        age = (now - response["LastModified"]).total_seconds()
        return Stored(body, response["ETag"], max(0.0, age))

    def _send(self, call: Callable[..., T], **arguments: object) -> T:
        """Make a request; a bucket that is known to exist is waited for."""
        from botocore.exceptions import ClientError

        for _ in self._patience.attempts():
            try:
                return call(**arguments)
            except ClientError as error:
                if not self._facts.known or aws.error_code(error) != "NoSuchBucket":
                    raise
        raise CloudError(
            f"S3 says that the project bucket {self.name} does not exist, but it did a moment ago.",
            hint="If nobody deleted it, run the same command again in a minute.",
            code="settling",
        )

    @property
    def _location(self) -> dict[str, str]:
        return {"Bucket": self.name, "ExpectedBucketOwner": self._owner}

    def _here(self) -> dict[str, str]:
        self.prove()
        return self._location

    def _at(self, key: str) -> dict[str, str]:
        return {**self._here(), "Key": key}
