"""The account of a deployed environment, seen with keys that may do everything."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER_CODE = (
    "def handler(event, context):\n    return {'statusCode': 200, 'headers': {}, 'body': 'other'}\n"
)


class Account:
    """The resources of a deployed environment.

    Args:
        client: makes a boto3 client.
        env: the environment's name.
    """

    def __init__(self, client: Callable[[str], Any], env: str = "local") -> None:
        self._client, self._env = client, env
        self._clients: dict[str, Any] = {}
        buckets = [bucket["Name"] for bucket in self["s3"].list_buckets()["Buckets"]]
        self.site_bucket = next(name for name in buckets if f"-{env}-site-" in name)
        self.project_bucket = next(name for name in buckets if "-resumectl-" in name)

    def __getitem__(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """Terraform's outputs."""
        return {name: output["value"] for name, output in self._state["outputs"].items()}

    def resource(self, type_: str, name: str | None = None) -> dict[str, Any]:
        """The attributes of a resource in Terraform's state."""
        resources = (
            resource
            for resource in self._state["resources"]
            if resource["type"] == type_ and name in (None, resource["name"])
        )
        return dict(next(resources)["instances"][0]["attributes"])

    @property
    def _state(self) -> dict[str, Any]:
        return dict(json.loads(self.read(f"terraform/{self._env}.tfstate")))

    def read(self, key: str) -> bytes:
        """An object of the project bucket."""
        body: bytes = self["s3"].get_object(Bucket=self.project_bucket, Key=key)["Body"].read()
        return body

    def write(self, key: str, body: bytes) -> None:
        """Write an object of the project bucket."""
        self["s3"].put_object(Bucket=self.project_bucket, Key=key, Body=body)

    def release(self, number: int | None = None) -> dict[str, Any]:
        """A record of the ledger; without a number, the newest."""
        prefix = f"releases/{self._env}/"
        listed = self["s3"].list_objects_v2(Bucket=self.project_bucket, Prefix=prefix)
        keys = [entry["Key"] for entry in listed["Contents"]]
        newest = max(key for key in keys if not key.endswith("/journal.json"))
        key = f"{prefix}{number:06d}.json" if number else newest
        return dict(json.loads(self.read(key)))

    def zip(self, sha256: str) -> bytes:
        """The function's zip that was kept for a release."""
        return self.read(f"artifacts/{self._env}/function/{sha256}.zip")

    def pages(self) -> list[str]:
        """The keys of the site's objects."""
        listed = self["s3"].list_objects_v2(Bucket=self.site_bucket)["Contents"]
        return [entry["Key"] for entry in listed]

    def page(self, key: str) -> bytes:
        """An object of the site."""
        body: bytes = self["s3"].get_object(Bucket=self.site_bucket, Key=key)["Body"].read()
        return body

    def versions(self, bucket: str, key: str = "") -> list[tuple[str, str]]:
        """Every version and delete marker of every object: a command that only reads adds none."""
        pages = self["s3"].get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        entries = (
            entry
            for page in pages
            for kind in ("Versions", "DeleteMarkers")
            for entry in page.get(kind, ())
        )
        return sorted((entry["Key"], entry["VersionId"]) for entry in entries)

    def alias(self) -> dict[str, Any]:
        """Where the function's alias points."""
        alias = self["lambda"].get_alias(FunctionName=self.outputs["function_name"], Name="live")
        return {"version": alias["FunctionVersion"], "routing": alias.get("RoutingConfig") or {}}


def zipped(source: str = OTHER_CODE) -> bytes:
    """A function's zip with that handler."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("counter.py", source)
    return out.getvalue()
