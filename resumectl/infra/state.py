"""Terraform's state, read from the project bucket without starting Terraform.

Layout of version 4, stable since Terraform 0.12:
https://developer.hashicorp.com/terraform/language/state
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import TerraformError
from resumectl.infra.identity import TAG

if TYPE_CHECKING:
    from resumectl.release.bucket import ProjectBucket


_PROMISED: Final = (
    "site_url",
    "counter_url",
    "site_bucket",
    "distribution_id",
    "function_name",
    "function_alias",
    "api_id",
)
"""The outputs of terraform/ that every command counts on."""


@dataclass(frozen=True)
class Resource:
    """One managed resource instance as the state knows it."""

    address: str
    type: str
    tainted: bool
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """What Terraform knows: `serial` grows with every write.

    Attributes:
        released: the addresses of the tables that the live release recorded.
        applied: the digest of the configuration, and the serial, that it recorded.
    """

    serial: int
    lineage: str
    outputs: Mapping[str, Any]
    resources: tuple[Resource, ...] = ()
    released: frozenset[str] = frozenset()
    applied: tuple[str, int] | None = None

    @property
    def complete(self) -> bool:
        """Whether every promised output is there: not before a first deploy or after a destroy."""
        return all(self.outputs.get(name) for name in _PROMISED)

    @property
    def deployment(self) -> str:
        """Which deployment it is of; empty if it does not say.

        Outputs are written last, so a state that could not be saved may only have tags. In the
        state of a finished apply, tags are no proof: a drifted tag gets there, too.
        """
        if self.outputs:
            return str(self.outputs.get("deployment") or "")
        tags = [resource.attributes.get("tags_all") or {} for resource in self.resources]
        named = {tag[TAG] for tag in tags if TAG in tag}
        return named.pop() if len(named) == 1 else ""

    def find(self, type_: str) -> Resource | None:
        """The first resource of that type."""
        return next((resource for resource in self.resources if resource.type == type_), None)


EMPTY = State(0, "", {})


def key(env: str) -> str:
    """Where the state of an environment is kept in the project bucket."""
    return f"terraform/{env}.tfstate"


def read(bucket: ProjectBucket, version: str | None = None) -> State | None:
    """The state of the bucket's environment, or an old version of it; None if there is none yet.

    Raises:
        TerraformError: the state object is not a Terraform state.
    """
    stored = bucket.read(key(bucket.env), version)
    return parse(stored.body, bucket.env) if stored else None


def read_complete(bucket: ProjectBucket) -> State:
    """The state after an apply.

    Raises:
        TerraformError: it is not a Terraform state, or promised outputs are missing.
    """
    state = read(bucket) or EMPTY
    if not state.complete:
        raise TerraformError(
            "Terraform finished, but its state lacks outputs that resumectl needs.",
            hint="Compare terraform/outputs.tf with the one of resumectl.",
        )
    return state


def newest_readable(bucket: ProjectBucket) -> str | None:
    """The id of the newest version of the state object that is a state; None if there is none."""
    for version in bucket.versions(key(bucket.env)):
        stored = bucket.read(key(bucket.env), version)
        try:
            parse(stored.body if stored else b"", bucket.env)
        except TerraformError:
            continue
        return version
    return None


def restore(bucket: ProjectBucket, version: str) -> State:
    """Make that version of the state object the current one again."""
    bucket.restore(key(bucket.env), version)
    return read(bucket) or EMPTY


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
            hint=f"resumectl deploy --env {env} restores its last good version:"
            " docs/runbook.md, 'A broken state'.",
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
