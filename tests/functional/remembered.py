"""AWS in memory, which outlives every process that works on it: S3, Lambda, CloudFront."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from tests.fakes.errors import aws_error
from tests.fakes.lambda_service import FakeLambda
from tests.functional.fuse import Fuse, Fused
from tests.functional.memory import MemoryS3

ACCOUNT, REGION = "123456789012", "eu-west-2"
NAME, SITE, DISTRIBUTION = "resume-prod-counter", f"resume-prod-site-{ACCOUNT}", "E1"
PROJECT = f"resume-resumectl-{ACCOUNT}-{REGION}"
OURS = {"Project": "resume", "Environment": "prod", "ManagedBy": "resumectl"}
OUTPUTS = {
    "site_url": "https://d1.cloudfront.net",
    "counter_url": "https://d1.cloudfront.net/api/count",
    "site_bucket": SITE,
    "distribution_id": DISTRIBUTION,
    "function_name": NAME,
    "function_alias": "live",
    "api_id": "a1",
}


class Functions(FakeLambda):
    """Lambda before and after Terraform has made the function."""

    def make(self, code: bytes) -> None:
        assert self.latest is None, "ResourceConflictException: the function exists"
        self.latest = self._made(code)

    def make_alias(self) -> None:
        assert self.alias is None, "ResourceConflictException: the alias exists"
        self.move("$LATEST")

    def get_function(self, FunctionName):
        if self.latest is None:
            raise aws_error("ResourceNotFoundException")
        return {"Tags": OURS}


class Edges:
    """CloudFront: which paths it was told to forget, and how many objects had been written by then."""

    def __init__(self, writes: list[str]) -> None:
        self.told: list[tuple[int, list[str]]] = []
        self._writes = writes

    def create_invalidation(self, DistributionId, InvalidationBatch):
        self.told.append((len(self._writes), InvalidationBatch["Paths"]["Items"]))
        return {"Invalidation": {"Id": str(len(self.told))}}

    def get_waiter(self, name):
        return SimpleNamespace(wait=lambda **given: None)


class Account:
    """What is in AWS: it survives every process."""

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.s3, self.functions, self.edges = MemoryS3(), Functions(code=None), Edges(self.writes)

    def client(self, service: str) -> Any:
        return {"s3": self.s3, "lambda": self.functions, "cloudfront": self.edges}[service]

    def note(self, operation: str, given: dict[str, Any]) -> None:
        """Keep the order in which objects of the site were written."""
        if given.get("Bucket") == SITE and operation in (
            "put_object",
            "copy_object",
            "delete_objects",
        ):
            deleted = [item["Key"] for item in given.get("Delete", {}).get("Objects", ())]
            self.writes.extend(deleted or [given["Key"]])

    def objects(self) -> dict[str, tuple[bytes, str, str]]:
        """What visitors get, by key."""
        found: dict[str, tuple[bytes, str, str]] = {}
        if not self.s3.has(SITE):
            return found
        for item in self.s3.list_objects_v2(Bucket=SITE).get("Contents", ()):
            got = self.s3.get_object(Bucket=SITE, Key=item["Key"])
            found[item["Key"]] = (got["Body"].read(), got["ContentType"], got["CacheControl"])
        return found

    def keys(self, prefix: str = "") -> list[str]:
        """What is in the project bucket."""
        if not self.s3.has(PROJECT):
            return []
        return [
            item["Key"]
            for item in self.s3.list_objects_v2(Bucket=PROJECT, Prefix=prefix).get("Contents", ())
        ]


@dataclass(frozen=True)
class FakeCloud:
    """The account as one process sees it."""

    environment: Any
    account: Account
    fuse: Fuse
    endpoint: str | None = None
    region: str = REGION
    account_id: str = ACCOUNT

    def client(self, service: str, region: str | None = None) -> Any:
        return Fused(self.account.client(service), self.fuse, self.account.note)
