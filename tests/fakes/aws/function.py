"""One Lambda function: its unpublished code and settings, its versions, its aliases."""

from __future__ import annotations

import base64
import hashlib
import itertools
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.copied import copied
from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws

LATEST = "$LATEST"
DEFAULTS: dict[str, Any] = {
    "Description": "",
    "Handler": "counter.handler",
    "Runtime": "python3.13",
    "Role": "",
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "EphemeralStorage": {"Size": 512},
    "Architectures": ["x86_64"],
    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
    "PackageType": "Zip",
}


def code_sha256(code: bytes) -> str:
    """The digest as Lambda writes it."""
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


class Function:
    """A function.

    Attributes:
        versions: the published ones by number.
        policies: the statements of its resource policy, by qualifier ("" for none).
        zips: the code behind each digest.
        failure: why the next update will fail; empty for one that succeeds.
    """

    def __init__(
        self, aws: Aws, name: str, arn: str, code: bytes, settings: dict[str, Any], tags: Any
    ) -> None:
        self._aws, self.name, self.arn = aws, name, arn
        self._numbers = itertools.count(1)
        self._waiting, self._state = 0, "Active"
        self.failure = self._failed = ""
        self._starting: dict[str, int] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.aliases: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, list[dict[str, Any]]] = {}
        self.urls: list[dict[str, Any]] = []
        self.tags: dict[str, str] = dict(tags or {})
        self.zips: dict[str, bytes] = {}
        self._latest: dict[str, Any] = {**copied(DEFAULTS)}
        self.change(code=code, settings=settings)
        self._state = "Pending" if self._waiting else "Active"

    @property
    def code_sha256(self) -> str:
        return str(self._latest["CodeSha256"])

    @property
    def revision(self) -> str:
        return str(self._latest["RevisionId"])

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that a version freezes besides the code."""
        own = ("CodeSha256", "CodeSize", "RevisionId", "LastModified", "Description")
        return {key: value for key, value in self._latest.items() if key not in own}

    # --- changes

    def change(self, code: bytes | None = None, settings: dict[str, Any] | None = None) -> None:
        """Give `$LATEST` other code or settings."""
        if code is not None:
            digest = code_sha256(code)
            self.zips[digest] = code
            self._latest |= {"CodeSha256": digest, "CodeSize": len(code)}
        self._latest |= {key: _kept(key, value) for key, value in (settings or {}).items()}
        now = self._aws.clock.now()
        self._latest["LastModified"] = f"{now:%Y-%m-%dT%H:%M:%S}.000+0000"
        self._latest["RevisionId"] = self.new_revision()
        self._waiting = self._aws.busy
        self._failed, self.failure = self.failure, ""

    def published(self, description: str | None) -> dict[str, Any]:
        """A version of `$LATEST`; the last one again when nothing changed since."""
        last = self.versions.get(max(self.versions, key=int, default=""))
        content = (self.code_sha256, self.settings)
        if last is None or last["content"] != content:
            number = str(next(self._numbers))
            described = self._latest["Description"] if description is None else description
            frozen = {**copied(self._latest), "Description": described, "content": content}
            self.versions[number] = {**frozen, "RevisionId": self.new_revision()}
            last = self.versions[number] | {"Version": number}
            self.versions[number] = last
            self._starting[number] = self._aws.busy if _starts_slowly(last) else 0
        return self.shown(str(last["Version"]))

    def new_revision(self) -> str:
        chance = self._aws.chance(f"revision {self._aws.number('revision')}")
        return "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}".format(
            *(chance.getrandbits(4 * width) for width in (8, 4, 3, 3, 12))
        )

    def require_ready(self) -> None:
        """Raises Refusal while an update is in progress."""
        if self._waiting:
            raise Refusal(
                "ResourceConflictException",
                "The operation cannot be performed at this time. An update is in progress for "
                f"resource: {self.arn}",
                Type="User",
            )

    def require_revision(self, revision: str | None) -> None:
        if revision not in (None, self.revision):
            raise Refusal("PreconditionFailedException", "The Revision Id provided does not match.")

    # --- reads

    def at(self, qualifier: str) -> dict[str, Any]:
        """What a version number, `$LATEST` or an alias stands for.

        Raises:
            Refusal: there is no such thing.
        """
        alias = self.aliases.get(qualifier)
        number = alias["FunctionVersion"] if alias else qualifier
        if number == LATEST:
            return {**self._latest, "Version": LATEST}
        if number not in self.versions:
            arn = f"{self.arn}:{qualifier}"
            raise Refusal("ResourceNotFoundException", f"Function not found: {arn}", Type="User")
        return self.versions[number]

    def read(self, qualifier: str) -> dict[str, Any]:
        """The configuration; a read brings the end of an update or of a slow start nearer."""
        shown = self.shown(qualifier)
        if self.is_starting(shown["Version"]):
            self._starting[shown["Version"]] -= 1
        if self._waiting and shown["Version"] == LATEST:
            self._waiting -= 1
            if not self._waiting:
                self._state = "Active"
        return shown

    def shown(self, qualifier: str) -> dict[str, Any]:
        """The configuration of a version or alias, as answers have it."""
        found = self.at(qualifier)
        latest = found["Version"] == LATEST
        busy = self._waiting and latest
        state = "Pending" if self.is_starting(found["Version"]) else "Active"
        failed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": self._failed}
        fields = {key: value for key, value in found.items() if key != "content"}
        suffix = "" if qualifier == LATEST else f":{qualifier}"
        return {
            **copied(fields),
            "FunctionName": self.name,
            "FunctionArn": f"{self.arn}{suffix}",
            "State": self._state if busy else state,
            "LastUpdateStatus": "InProgress" if busy else "Successful",
            **(failed if self._failed and latest and not busy else {}),
        }

    def is_starting(self, number: str) -> bool:
        """Whether a version cannot be invoked yet."""
        return self._starting.get(number, 0) > 0


def _starts_slowly(version: dict[str, Any]) -> bool:
    """Whether Lambda prepares a new version before it can be invoked."""
    in_a_network = (version.get("VpcConfig") or {}).get("SubnetIds")
    snap_start = version["SnapStart"]["ApplyOn"] == "PublishedVersions"
    return bool(in_a_network or snap_start)


def _kept(key: str, value: Any) -> Any:
    """A setting as reads give it back."""
    if key == "Layers":
        return [{"Arn": arn, "CodeSize": 0} for arn in value]
    return copied(value)
