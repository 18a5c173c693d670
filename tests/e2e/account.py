"""The account of the embedded cloud, as somebody with keys to all of it sees it."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.project import Project

OTHER_CODE = "def handler(event, context):\n    return {'statusCode': 200, 'headers': {}, 'body': 'other'}\n"


class Account:
    """What a deployed project has there.

    Args:
        project: the project; its environment is `local`.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._clients: dict[str, Any] = {}
        self.site_bucket = project.bucket
        buckets = self["s3"].list_buckets()["Buckets"]
        self.project_bucket = next(found["Name"] for found in buckets if "-resumectl-" in found["Name"])

    def __getitem__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._project.client(service)
        return self._clients[service]

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """Terraform's outputs."""
        return {name: output["value"] for name, output in self._state["outputs"].items()}

    def resource(self, type_: str, name: str | None = None) -> dict[str, Any]:
        """The attributes of a resource, as Terraform knows them."""
        found = (one for one in self._state["resources"] if one["type"] == type_ and name in (None, one["name"]))
        attributes: dict[str, Any] = next(found)["instances"][0]["attributes"]
        return attributes

    @property
    def _state(self) -> dict[str, Any]:
        return dict(json.loads(self.read("terraform/local.tfstate")))

    def read(self, key: str) -> bytes:
        """An object of the project bucket."""
        body: bytes = self["s3"].get_object(Bucket=self.project_bucket, Key=key)["Body"].read()
        return body

    def release(self, number: int) -> dict[str, Any]:
        """A record of the ledger."""
        return dict(json.loads(self.read(f"releases/local/{number:06d}.json")))

    def zip(self, sha256: str) -> bytes:
        """A function's zip that a release kept."""
        return self.read(f"artifacts/local/function/{sha256}.zip")

    def page(self, key: str) -> bytes:
        """An object of the site."""
        body: bytes = self["s3"].get_object(Bucket=self.site_bucket, Key=key)["Body"].read()
        return body

    def versions(self, bucket: str, key: str = "") -> list[tuple[str, str]]:
        """Every version of every object, deletions too: the same before and after whatever only looks."""
        pages = self["s3"].get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        found = [entry for page in pages for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, ())]
        return sorted((entry["Key"], entry["VersionId"]) for entry in found)

    def alias(self) -> dict[str, Any]:
        """Where the function's alias points."""
        found = self["lambda"].get_alias(FunctionName=self.outputs["function_name"], Name="live")
        return {"version": found["FunctionVersion"], "routing": found.get("RoutingConfig") or {}}


def zipped(source: str = OTHER_CODE) -> bytes:
    """A function's zip with that handler."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("counter.py", source)
    return out.getvalue()
