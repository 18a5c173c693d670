"""Terraform's root module of an environment: where it is, its variables, its backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import SettingsError
from resumectl.infra import configuration
from resumectl.infra.state import key

if TYPE_CHECKING:
    from resumectl.aws import Cloud
    from resumectl.settings import Settings

DIRECTORY: Final = "terraform"


@dataclass(frozen=True)
class Module:
    """A root module and the values of its variables: the worktree's, or that of a release."""

    files: Mapping[str, bytes]
    variables: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """What the configuration is, the same on every machine."""
        return configuration.digest(self.files, self.variables)


def worktree_module(settings: Settings, cloud: Cloud, package: Path, deployment: str) -> Module:
    """The worktree's configuration; what the user set under `variables` wins.

    Args:
        settings: the project.
        cloud: the environment's account and region.
        package: where the function's zip is.
        deployment: what proves that a resource is this environment's.
    """
    env = cloud.environment
    port = int(cloud.endpoint.rsplit(":", 1)[1]) if cloud.endpoint else None
    extra = dict(env.variables)
    function = {"package": str(package), "handler": settings.backend.handler}
    variables = {
        "project": settings.name,
        "environment": env.name,
        "region": env.region,
        "deployment": deployment,
        "domain": env.domain,
        "zone": env.zone,
        "protected": env.protected,
        "function": {**function, **_table(env.name, extra.pop("function", {}))},
        "emulator": {"port": port} if port else None,
        **extra,
    }
    return Module(configuration.read(settings.root / DIRECTORY), variables)


def backend(cloud: Cloud, bucket: str) -> dict[str, str]:
    """The values that complete the partial `s3` backend."""
    values = {"bucket": bucket, "key": key(cloud.environment.name), "region": cloud.region}
    if cloud.endpoint is None:
        return values
    checks = ("credentials_validation", "requesting_account_id", "metadata_api_check")
    skipped = {f"skip_{name}": "true" for name in (*checks, "region_validation")}
    # An embedded cloud that does not answer has stopped: there is no use in trying for long.
    return {**values, **skipped, "use_path_style": "true", "max_retries": "1"}


def _table(env: str, value: object) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise SettingsError(
        f"resumectl.toml: env.{env}.variables.function must be a table.",
        hint="For example { memory_mb = 256 }.",
    )
