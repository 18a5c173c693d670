"""Terraform as a fake, of three resources and one setting.

Like the real one it saves its state from time to time, takes a lock of its own, and cannot make
what exists.
"""

from __future__ import annotations

import getpass
import json
import re
import socket
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from resumectl.errors import TerraformError
from resumectl.infra import inventory, runs
from resumectl.infra.part import Planned
from tests.functional.remembered import NAME, OUTPUTS, PROJECT, REGION, SITE

STATE, STATE_LOCK = "terraform/prod.tfstate", "terraform/prod.tfstate.tflock"


@contextmanager
def _reported():
    """What goes wrong, in Terraform's words."""
    try:
        yield
    except ClientError as error:
        raise TerraformError(f"Terraform: {error}") from error


class FakeTerraform:
    """Terraform for three resources and one setting, the function's memory."""

    def __init__(self, ctx: Any, module: Any) -> None:
        self._ctx, self._directory, self._s3 = ctx, module.directory, ctx.s3
        self._account = ctx.cloud.account

    def plan(self, watch, mode="apply", targets=()):
        with _reported():
            return self._planned(mode)

    def apply(self, watch):
        with _reported():
            self._applied()

    def _planned(self, mode):
        known, wanted, imports = self._known(), self._wanted(), self._imports()
        if mode == "refresh-only":
            return Planned(changed=False)
        self._plan = {
            address: fields
            for address, fields in wanted.items()
            if known.get(address, {}).get("fields") != fields
        }
        seen = {address: known[address]["fields"] for address in self._plan if address in known}
        seen |= {address: wanted[address] for address in imports}
        shown = {
            address: fields for address, fields in self._plan.items() if seen.get(address) != fields
        }
        before = {address: seen[address] for address in shown if address in seen}
        if not shown and self._read()["outputs"].keys() != OUTPUTS.keys():
            shown = {f"output.{name}": {"value": value} for name, value in OUTPUTS.items()}
        return Planned(bool(self._plan or shown), before, shown, len(imports))

    def _applied(self):
        run = runs.folder(self._ctx.work)
        run.mkdir(parents=True, exist_ok=True)
        runs.begin(run)
        (run / runs.LOG).write_text("")
        self._lock()
        known, imports = self._known(), self._imports()
        for address, fields in self._plan.items():
            if address not in known and address not in imports:
                self._make(address)
            if address == "aws_lambda_function.counter":
                self._account.functions.configure(MemorySize=fields["memory_size"])
            known[address] = {"fields": fields}
            if address != "aws_lambda_function.counter":  # it does not save after each
                self._save(known, {})
        self._save(known, OUTPUTS)
        self._s3.delete_object(Bucket=PROJECT, Key=STATE_LOCK)
        runs.end(run)

    def command(self, *arguments):
        """`state push FILE` and `untaint ADDRESS`."""
        if arguments[:2] == ("state", "push"):
            self._s3.put_object(Bucket=PROJECT, Key=STATE, Body=Path(arguments[-1]).read_bytes())
        else:
            assert arguments[0] == "untaint"
            document = self._read()
            for block in document["resources"]:
                if f"{block['type']}.{block['name']}" == arguments[-1]:
                    del block["instances"][0]["status"]
            self._s3.put_object(Bucket=PROJECT, Key=STATE, Body=json.dumps(document).encode())

    def _lock(self) -> None:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        who = f"{getpass.getuser()}@{socket.gethostname()}"
        body = json.dumps(
            {"ID": "1", "Operation": "OperationTypeApply", "Who": who, "Created": now}
        ).encode()
        self._s3.put_object(Bucket=PROJECT, Key=STATE_LOCK, Body=body, IfNoneMatch="*")

    def _make(self, address: str) -> None:
        """Fails when it exists, as AWS does."""
        self._ctx.cloud.fuse.step()
        if address == "aws_s3_bucket.site":
            self._account.s3.create_bucket(
                Bucket=SITE, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            self._account.s3.put_bucket_versioning(
                Bucket=SITE, VersioningConfiguration={"Status": "Enabled"}
            )
        elif address == "aws_lambda_function.counter":
            self._account.functions.make((self._ctx.work / "function.zip").read_bytes())
        else:
            self._account.functions.make_alias()
        self._ctx.cloud.fuse.step()

    def _read(self) -> dict[str, Any]:
        try:
            return json.loads(self._s3.get_object(Bucket=PROJECT, Key=STATE)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return {"serial": 0, "outputs": {}, "resources": []}

    def _known(self) -> dict[str, Any]:
        found = self._read()["resources"]
        return {
            f"{block['type']}.{block['name']}": block["instances"][0]["attributes"]
            for block in found
        }

    def _save(self, known: dict[str, Any], outputs: dict[str, str]) -> None:
        serial = self._read()["serial"] + 1
        resources = [
            {
                "mode": "managed",
                "type": kind,
                "name": name,
                "instances": [{"attributes": attributes}],
            }
            for address, attributes in known.items()
            for kind, _, name in [address.partition(".")]
        ]
        shown = {name: {"value": value} for name, value in outputs.items()}
        document = {
            "version": 4,
            "serial": serial,
            "lineage": "l",
            "outputs": shown,
            "resources": resources,
        }
        self._s3.put_object(Bucket=PROJECT, Key=STATE, Body=json.dumps(document).encode())

    def _imports(self) -> set[str]:
        file = self._directory / inventory.FILE
        return (
            {block["to"] for block in json.loads(file.read_text())["import"]}
            if file.exists()
            else set()
        )

    def _wanted(self) -> dict[str, Any]:
        memory = int(
            re.search(r"memory_size = (\d+)", (self._directory / "counter.tf").read_text())[1]
        )
        return {
            "aws_s3_bucket.site": {"bucket": SITE},
            "aws_lambda_function.counter": {"function_name": NAME, "memory_size": memory},
            "aws_lambda_alias.live": {"function_name": NAME, "name": "live"},
        }
