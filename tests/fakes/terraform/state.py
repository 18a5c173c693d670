"""Terraform's state (version 4) and its lock: in a bucket or, without a backend, in a file."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resumectl.errors import TerraformError
from tests.fakes.terraform.configuration import NEEDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.fakes.machine import Process

VERSION = "1.11.4"
PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'


@dataclass
class State:
    """A state: resources, outputs, its `lineage`, and how often it was written (`serial`)."""

    lineage: str
    serial: int = 0
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    tainted: set[str] = field(default_factory=set)
    outputs: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: bytes) -> State:
        """Read a stored state.

        Raises:
            TerraformError: the bytes are not one.
        """
        try:
            document = json.loads(body)
            state = cls(document["lineage"], document["serial"])
            for block in document["resources"]:
                address = f"{block['type']}.{block['name']}"
                (instance,) = block["instances"]
                state.resources[address] = instance["attributes"]
                if instance.get("status") == "tainted":
                    state.tainted.add(address)
            state.outputs = {key: row["value"] for key, row in document["outputs"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TerraformError(
                "Terraform: Unsupported state file format: The state file could not be parsed."
            ) from error
        return state

    def document(self) -> dict[str, Any]:
        """The state as Terraform stores it."""
        order = list(NEEDS)
        addresses = sorted(self.resources, key=lambda a: order.index(a) if a in order else -1)
        return {
            "version": 4,
            "terraform_version": VERSION,
            "serial": self.serial,
            "lineage": self.lineage,
            "outputs": {
                name: {"value": value, "type": "string"} for name, value in self.outputs.items()
            },
            "resources": [self._block(address) for address in addresses],
            "check_results": None,
        }

    def _block(self, address: str) -> dict[str, Any]:
        kind, name = address.split(".", 1)
        instance: dict[str, Any] = {
            "schema_version": 0,
            "attributes": self.resources[address],
            "sensitive_attributes": [],
        }
        if address in self.tainted:
            instance["status"] = "tainted"
        return {
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider": PROVIDER,
            "instances": [instance],
        }


class Store:
    """Where the state is kept, and its lock.

    Args:
        process: the Terraform that reads and writes.
        backend: bucket and key; empty for a file in the module's folder.
        directory: the module.
        user: who takes locks.
    """

    def __init__(
        self, process: Process, backend: Mapping[str, str], directory: Path, user: str
    ) -> None:
        self._process, self._backend, self._user = process, backend, user
        self._file = directory / "terraform.tfstate"
        self._written: str | None = None

    @property
    def _s3(self) -> Any:
        return self._process.client("s3", self._backend["region"])

    def _place(self, suffix: str = "") -> dict[str, str]:
        return {"Bucket": self._backend["bucket"], "Key": f"{self._backend['key']}{suffix}"}

    def read(self) -> State | None:
        """The state; None when there is none yet."""
        body = self._read()
        if body is None:
            return None
        state = State.parse(body)
        self._written = _content(state)
        return state

    def _read(self) -> bytes | None:
        from botocore.exceptions import ClientError

        if not self._backend:
            return self._file.read_bytes() if self._file.exists() else None
        try:
            return bytes(self._s3.get_object(**self._place())["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise

    def write(self, state: State) -> None:
        """Store a state under the next serial, unless the stored one says the same already."""
        content = _content(state)
        if content == self._written:
            return
        state.serial += 1
        self.put(state)
        self._written = content

    def put(self, state: State) -> None:
        """Store a state as it is."""
        body = json.dumps(state.document()).encode()
        if not self._backend:
            self._file.write_bytes(body)
            return
        self._s3.put_object(**self._place(), Body=body, ContentType="application/json")

    def fresh(self) -> State:
        """The state before the first one: its lineage follows from the world's seed."""
        aws = self._process.aws
        chance = aws.chance(f"lineage {aws.number('lineage')}")
        return State(str(uuid.UUID(int=chance.getrandbits(128), version=4)))

    # --- the lock

    def lock(self, operation: str) -> str | None:
        """Take the state's lock; gives its id.

        Raises:
            TerraformError: somebody has it.
        """
        from botocore.exceptions import ClientError

        if not self._backend:
            return None
        process = self._process
        number = process.aws.number("state lock")
        id_ = str(uuid.UUID(int=process.aws.chance(f"lock {number}").getrandbits(128), version=4))
        info = {
            "ID": id_,
            "Operation": operation,
            "Info": "",
            "Who": f"{self._user}@{process.machine.host}",
            "Version": VERSION,
            "Created": process.machine.time.now().isoformat().replace("+00:00", "Z"),
            "Path": f"{self._backend['bucket']}/{self._backend['key']}",
        }
        body = json.dumps(info).encode()
        try:
            self._s3.put_object(**self._place(".tflock"), Body=body, IfNoneMatch="*")
        except ClientError as error:
            raise self._locked(error) from error
        return id_

    def _locked(self, error: Any) -> TerraformError:
        from botocore.exceptions import ClientError

        holder = ""
        with suppress(ClientError, ValueError):
            info = json.loads(self._s3.get_object(**self._place(".tflock"))["Body"].read())
            holder = f" Lock Info: ID: {info['ID']} Who: {info['Who']} Created: {info['Created']}"
        return TerraformError(f"Terraform: Error acquiring the state lock: {error}{holder}")

    def unlock(self, id_: str | None) -> None:
        """Give the lock back.

        Raises:
            TerraformError: it is another one's by now.
        """
        if id_ is None:
            return
        info = json.loads(self._s3.get_object(**self._place(".tflock"))["Body"].read())
        if info["ID"] != id_:
            raise TerraformError(f"Terraform: Error releasing the state lock: lock ID {info['ID']}")
        self._s3.delete_object(**self._place(".tflock"))


def _content(state: State) -> str:
    """What makes two states the same, however often they were written."""
    return json.dumps({**state.document(), "serial": 0}, sort_keys=True)
