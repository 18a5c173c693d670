"""Terraform's state, read straight from the project bucket: outputs and serial without starting Terraform.

Layout of version 4: https://developer.hashicorp.com/terraform/language/state (kept stable since 0.12).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import TerraformError
from resumectl.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resumectl.aws import Client


_PROMISED: Final = (
    "site_url",
    "counter_url",
    "site_bucket",
    "distribution_id",
    "function_name",
    "function_alias",
    "api_id",
)
"""The outputs of terraform/ that every operation counts on."""


@dataclass(frozen=True)
class Resource:
    """One managed resource instance as the state knows it."""

    address: str
    type: str
    tainted: bool
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """What Terraform knows: `serial` grows with every write."""

    serial: int
    lineage: str
    outputs: Mapping[str, Any]
    resources: tuple[Resource, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all that operations look for is there: not before a first deploy or after a destroy has ended."""
        return all(self.outputs.get(name) for name in _PROMISED)

    def find(self, type_: str) -> Resource | None:
        """The first resource of that type."""
        return next((resource for resource in self.resources if resource.type == type_), None)


EMPTY = State(0, "", {})


def key(env: str) -> str:
    """Where the state of an environment is kept in the project bucket."""
    return f"terraform/{env}.tfstate"


def read(s3: Client, bucket: str, env: str) -> State | None:
    """The state of an environment, or None when there is none yet.

    Raises:
        TerraformError: the state object is not a Terraform state.
    """
    found = Store(s3, bucket).read(key(env))
    return parse(found.body, env) if found else None


def newest_readable(s3: Client, bucket: str, env: str) -> str | None:
    """The version id of the newest version of the state object that is a state; None when there is none."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key(env))
    for version in (
        found for page in pages for found in page.get("Versions", ()) if found["Key"] == key(env)
    ):
        body = s3.get_object(Bucket=bucket, Key=key(env), VersionId=version["VersionId"])[
            "Body"
        ].read()
        try:
            parse(body, env)
        except TerraformError:
            continue
        return str(version["VersionId"])
    return None


def restore(s3: Client, bucket: str, env: str, version: str) -> State:
    """Make that version of the state object the current one again."""
    source = {"Bucket": bucket, "Key": key(env), "VersionId": version}
    s3.copy_object(Bucket=bucket, Key=key(env), CopySource=source)
    return parse(s3.get_object(Bucket=bucket, Key=key(env))["Body"].read(), env)


def parse(body: bytes, env: str) -> State:
    """Read the bytes of a state.

    Raises:
        TerraformError: they are not a Terraform state.
    """
    try:
        document = json.loads(body)
        outputs = {name: output["value"] for name, output in document["outputs"].items()}
        return State(document["serial"], document["lineage"], outputs, tuple(_resources(document)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TerraformError(
            f"The Terraform state of {env} is corrupt.",
            hint=f"resumectl deploy --env {env} brings back its last good version: docs/runbook.md, 'A broken state'.",
            code="terraform.state-corrupt",
        ) from error


def _resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    for block in document.get("resources", ()):
        if block["mode"] != "managed":
            continue
        base = ".".join(
            part for part in (block.get("module"), block["type"], block["name"]) if part
        )
        for instance in block["instances"]:
            index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
            tainted = instance.get("status") == "tainted"
            yield Resource(base + index, block["type"], tainted, instance.get("attributes") or {})
