"""What is there, read past resumectl: the fake AWS's own objects and the stored documents."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tests.functional.world import ACCOUNT, PROJECT, REGION, name, site

if TYPE_CHECKING:
    from tests.fakes.aws.bucket import Bucket
    from tests.fakes.aws.function import Function
    from tests.fakes.aws.world import Aws

ENVS = ("prod", "stage")


def function(aws: Aws, env: str) -> Function | None:
    """The environment's function."""
    found: Function | None = _service(aws, "lambda").functions.get(name(env))
    return found


def table(aws: Aws, env: str) -> dict[str, Any] | None:
    """The environment's table."""
    found: dict[str, Any] | None = _service(aws, "dynamodb").tables.get(name(env))
    return found


def distribution(aws: Aws, env: str) -> str | None:
    """The id of the environment's distribution."""
    rows = _service(aws, "cloudfront").distributions.values()
    return next((row.id for row in rows if row.config["Comment"] == f"resume-{env}"), None)


def _service(aws: Aws, service: str) -> Any:
    return aws.service(ACCOUNT, REGION, service)


def served(aws: Aws, env: str) -> dict[str, str]:
    """The SHA-256 of every object of the site."""
    bucket = aws.buckets.get(site(env))
    rows = bucket.all_versions() if bucket else ()
    return {
        key: hashlib.sha256(version.body).hexdigest()
        for key, version, latest in rows
        if latest and version.body is not None
    }


def alias(aws: Aws, env: str) -> tuple[str, str] | None:
    """Version and code behind the alias."""
    found = function(aws, env)
    if found is None or "live" not in found.aliases:
        return None
    row = found.at("live")
    return str(row["Version"]), str(row["CodeSha256"])


def kept(aws: Aws, key: str) -> bytes | None:
    """An object of the project bucket."""
    bucket: Bucket | None = aws.buckets.get(PROJECT)
    version = bucket.current(key) if bucket else None
    return version.body if version else None


def document(aws: Aws, key: str) -> Any:
    """A JSON document of the project bucket; None if it is not there or damaged."""
    return _parsed(kept(aws, key) or b"")


@lru_cache(maxsize=4096)
def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def records(aws: Aws, env: str) -> list[dict[str, Any]]:
    """The records of an environment, the newest first."""
    bucket = aws.buckets.get(PROJECT)
    names = sorted(bucket.keys(f"releases/{env}/"), reverse=True) if bucket else ()
    keys = (key for key in names if not key.endswith("/journal.json"))
    return [found for key in keys if (found := document(aws, key))]
