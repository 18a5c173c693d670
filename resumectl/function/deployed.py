"""The function as AWS has it: what the alias points at, and the unpublished code (`$LATEST`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws

if TYPE_CHECKING:
    from resumectl.aws import Client

LATEST: Final = "$LATEST"


@dataclass(frozen=True)
class Configuration:
    """One version.

    Attributes:
        version: its number, or `$LATEST`.
        sha256: of its code, in hexadecimal.
        settings: everything that a version freezes.
        modified: when code or settings were changed (ISO 8601).
    """

    version: str
    sha256: str
    settings: Mapping[str, Any]
    modified: str | None = None


@dataclass(frozen=True)
class Deployed:
    """A function as it was read. What does not exist is None.

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


def deployed(client: Client, name: str, alias: str = "live") -> Deployed:
    """Read the function: three requests, side by side."""
    from concurrent.futures import ThreadPoolExecutor

    read, read_alias = client.get_function_configuration, client.get_alias
    with ThreadPoolExecutor(3, thread_name_prefix="function") as pool:
        unpublished = pool.submit(aws.found, read, FunctionName=name)
        target = pool.submit(aws.found, read, FunctionName=name, Qualifier=alias)
        pointer = pool.submit(aws.found, read_alias, FunctionName=name, Name=alias)
    latest, to, live = unpublished.result(), pointer.result(), target.result()
    routing = ((to or {}).get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Deployed(
        latest=configuration(latest) if latest else None,
        live=configuration(live) if to and live else None,
        revision=to.get("RevisionId") if to else None,
        routing=dict(routing),
    )


def version_of(client: Client, name: str, version: str) -> Configuration | None:
    """One published version; None if there is none of that number."""
    read = client.get_function_configuration
    response = aws.found(read, FunctionName=name, Qualifier=version)
    return configuration(response) if response else None


def configuration(response: Mapping[str, Any]) -> Configuration:
    """The fields of Lambda's response that are compared."""
    digest = hex_digest(response.get("CodeSha256", ""))
    return Configuration(
        str(response["Version"]), digest, _settings(response), response.get("LastModified")
    )


def hex_digest(code_sha256: str) -> str:
    """Lambda's base64 digest in hexadecimal; anything else is returned as it is."""
    try:
        return base64.b64decode(code_sha256, validate=True).hex()
    except binascii.Error:
        return code_sha256


def _settings(response: Mapping[str, Any]) -> dict[str, Any]:
    """What a version freezes, except for what differs between any two versions.

    The values survive JSON, so that a recorded snapshot equals one that was read.
    """
    network = response.get("VpcConfig") or {}
    settings = {
        "runtime": response.get("Runtime"),
        "handler": response.get("Handler"),
        "role": response.get("Role"),
        "memory_mb": response.get("MemorySize"),
        "timeout_s": response.get("Timeout"),
        "storage_mb": (response.get("EphemeralStorage") or {}).get("Size"),
        "architectures": response.get("Architectures"),
        "environment": _digest((response.get("Environment") or {}).get("Variables")),
        "layers": [layer["Arn"] for layer in response.get("Layers") or []],
        "tracing": (response.get("TracingConfig") or {}).get("Mode"),
        "logging": response.get("LoggingConfig"),
        "subnets": sorted(network.get("SubnetIds") or []),
        "security_groups": sorted(network.get("SecurityGroupIds") or []),
        "dead_letters": (response.get("DeadLetterConfig") or {}).get("TargetArn"),
        "key": response.get("KMSKeyArn"),
        "file_systems": response.get("FileSystemConfigs"),
        "snap_start": (response.get("SnapStart") or {}).get("ApplyOn"),
    }
    return {name: value for name, value in settings.items() if value not in (None, "", [], {})}


def _digest(variables: Mapping[str, str] | None) -> str | None:
    """Variables can be secret: a digest is enough to compare them."""
    if not variables:
        return None
    return hashlib.sha256(json.dumps(variables, sort_keys=True).encode()).hexdigest()
