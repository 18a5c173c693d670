"""The function as it is live: what the alias points at, and what the next version would be made of (`$LATEST`).

The snapshot has two keys. `live` is the alias: the digest of its code, the settings it runs with, whether it is on a
published version and whether it sends some of the traffic elsewhere. `$LATEST` is the digest of the unpublished code.
Values are JSON as it comes back from JSON, so that a recorded snapshot equals a read one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resumectl.aws import error_code
from resumectl.plan import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resumectl.aws import Client
    from resumectl.function.archive import Archive
    from resumectl.plan import Snapshot

LATEST: Final = "$LATEST"


@dataclass(frozen=True)
class Configuration:
    """One version: its number (or `$LATEST`), its code's digest, its settings, when either was changed (ISO 8601)."""

    version: str
    sha256: str
    settings: Mapping[str, Any]
    modified: str | None = None


@dataclass(frozen=True)
class Deployed:
    """What was read of a function. A side that does not exist is None.

    Attributes:
        latest: the unpublished code and the current settings.
        live: what the alias points at.
        revision: the alias's revision, to move it only if nobody else has.
        routing: the share of traffic that goes to other versions.
    """

    latest: Configuration | None = None
    live: Configuration | None = None
    revision: str | None = None
    routing: Mapping[str, float] = field(default_factory=dict)

    @property
    def snapshot(self) -> Snapshot:
        """The live side of the plan; empty when there is no function."""
        snapshot: dict[str, Mapping[str, Any]] = {}
        if self.live:
            snapshot["live"] = {
                "sha256": self.live.sha256,
                "settings": self.live.settings,
                "published": self.live.version != LATEST,
                "routing": dict(self.routing),
            }
        if self.latest:
            snapshot[LATEST] = {"sha256": self.latest.sha256}
        return snapshot

    @property
    def record(self) -> dict[str, Any]:
        """What a release remembers of the function; empty when nothing is published."""
        if not self.live or not self.latest or self.live.version == LATEST:
            return {}
        return {
            "version": self.live.version,
            "sha256": self.live.sha256,
            "settings": dict(self.live.settings),
            "routing": dict(self.routing),
            "latest": self.latest.sha256,
        }


def released(record: Mapping[str, Any]) -> Snapshot:
    """The released side of the plan, from a release's `Deployed.record`. Empty when it recorded nothing."""
    if not record:
        return {}
    live = {
        "sha256": record["sha256"],
        "settings": record["settings"],
        "published": True,
        "routing": record["routing"],
    }
    return {"live": live, LATEST: {"sha256": record["latest"]}}


def deployed(client: Client, name: str, alias: str = "live") -> Deployed:
    """Read the function: three requests, side by side."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3, thread_name_prefix="function") as pool:
        latest = pool.submit(_found, lambda: client.get_function_configuration(FunctionName=name))
        live = pool.submit(
            _found, lambda: client.get_function_configuration(FunctionName=name, Qualifier=alias)
        )
        pointer = pool.submit(_found, lambda: client.get_alias(FunctionName=name, Name=alias))
    unpublished, to, target = latest.result(), pointer.result(), live.result()
    routing = ((to or {}).get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Deployed(
        latest=configuration(unpublished) if unpublished else None,
        live=configuration(target) if to and target else None,
        revision=to.get("RevisionId") if to else None,
        routing=dict(routing),
    )


def version_of(client: Client, name: str, version: str) -> Configuration | None:
    """One published version, None when there is none of that number."""
    found = _found(lambda: client.get_function_configuration(FunctionName=name, Qualifier=version))
    return configuration(found) if found else None


def worktree(archive: Archive, latest: Configuration | None) -> Snapshot:
    """What the repository wants: its code, published, with the settings that `$LATEST` has.

    Args:
        archive: the packaged code.
        latest: None when the settings are only known after Terraform has run: it makes or changes the function.
    """
    settings = latest.settings if latest else UNKNOWN
    live = {"sha256": archive.sha256, "settings": settings, "published": True, "routing": {}}
    return {"live": live, LATEST: {"sha256": archive.sha256}}


def _found(read: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return read()
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise


def configuration(answer: Mapping[str, Any]) -> Configuration:
    """What Lambda says of a version, as far as we compare it."""
    digest = hex_digest(answer.get("CodeSha256", ""))
    return Configuration(
        str(answer["Version"]), digest, _settings(answer), answer.get("LastModified")
    )


def hex_digest(code_sha256: str) -> str:
    """Lambda's base64 digest in hexadecimal; left alone when it is something else."""
    try:
        return base64.b64decode(code_sha256, validate=True).hex()
    except binascii.Error:
        return code_sha256


def _settings(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a version freezes, but not what differs between any two versions. Empty means not set."""
    network = answer.get("VpcConfig") or {}
    settings = {
        "runtime": answer.get("Runtime"),
        "handler": answer.get("Handler"),
        "role": answer.get("Role"),
        "memory_mb": answer.get("MemorySize"),
        "timeout_s": answer.get("Timeout"),
        "storage_mb": (answer.get("EphemeralStorage") or {}).get("Size"),
        "architectures": answer.get("Architectures"),
        "environment": _digest((answer.get("Environment") or {}).get("Variables")),
        "layers": [layer["Arn"] for layer in answer.get("Layers") or []],
        "tracing": (answer.get("TracingConfig") or {}).get("Mode"),
        "logging": answer.get("LoggingConfig"),
        "subnets": sorted(network.get("SubnetIds") or []),
        "security_groups": sorted(network.get("SecurityGroupIds") or []),
        "dead_letters": (answer.get("DeadLetterConfig") or {}).get("TargetArn"),
        "key": answer.get("KMSKeyArn"),
        "file_systems": answer.get("FileSystemConfigs"),
        "snap_start": (answer.get("SnapStart") or {}).get("ApplyOn"),
    }
    return {name: value for name, value in settings.items() if value not in (None, "", [], {})}


def _digest(variables: Mapping[str, str] | None) -> str | None:
    """Variables may be secret: only whether they are the same is kept."""
    if not variables:
        return None
    return hashlib.sha256(json.dumps(variables, sort_keys=True).encode()).hexdigest()
