"""The infrastructure part of an environment: plans, applies, and says what its configuration is."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resumectl.infra import snapshot, state
from resumectl.infra.binary import find_terraform
from resumectl.infra.provider import cli_config
from resumectl.infra.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from resumectl.aws import Cloud
    from resumectl.infra.runner import Mode, Watch
    from resumectl.plan import Snapshot
    from resumectl.settings import Settings

DIRECTORY: Final = "terraform"
_CONFIGURATION: Final = ("*.tf", "*.tf.json", "*.tfvars", "functions/*", ".terraform.lock.hcl")


@dataclass(frozen=True)
class Planned:
    """A saved plan: whether there is anything to apply, and both sides of what would change."""

    changed: bool
    live: Snapshot = field(default_factory=dict)
    wanted: Snapshot = field(default_factory=dict)


class Infra:
    """Terraform's resources of one environment.

    Args:
        runner: runs Terraform.
        backend: the values of the partial `s3` backend.
        variables: the values of the root module's variables.
    """

    def __init__(self, runner: Runner, backend: Mapping[str, str], variables: Mapping[str, Any]) -> None:
        self.runner = runner
        self._backend = backend
        self._variables = variables

    @classmethod
    def open(
        cls,
        settings: Settings,
        cloud: Cloud,
        bucket: str,
        work: Path,
        environ: Mapping[str, str],
    ) -> Infra:
        """Find Terraform and its provider for an environment.

        Raises:
            TerraformError: there is no usable Terraform.
        """
        found = find_terraform(environ, settings.state_dir)
        choice = cli_config(environ, settings.state_dir)
        directory = settings.root / DIRECTORY
        runner = Runner(found.path, directory, work, {**cloud.environ(environ), **choice.env})
        return cls(runner, backend(cloud, bucket), variables(settings, cloud, work))

    def plan(self, watch: Watch, mode: Mode = "apply") -> Planned:
        """Compare the configuration (or, for `refresh-only`, the state) with what AWS has.

        Raises:
            TerraformError: Terraform could not make a plan.
        """
        self.runner.init(self._backend)
        changed = self.runner.plan(self._variables, mode, watch)
        if not changed:
            return Planned(changed=False)
        shown = self.runner.show()
        live, wanted = snapshot.drift(shown) if mode == "refresh-only" else snapshot.changes(shown)
        return Planned(changed, live, wanted)

    def apply(self, watch: Watch) -> None:
        """Apply the saved plan.

        Raises:
            TerraformError: something could not be made.
        """
        self.runner.apply(watch)


def package(work: Path) -> Path:
    """Where the function's zip of an environment is built."""
    return work / "function.zip"


def backend(cloud: Cloud, bucket: str) -> dict[str, str]:
    """The values that complete the partial `s3` backend."""
    values = {"bucket": bucket, "key": state.key(cloud.environment.name), "region": cloud.region}
    if cloud.endpoint is None:
        return values
    skipped = ("credentials_validation", "requesting_account_id", "metadata_api_check", "region_validation")
    return {**values, "use_path_style": "true", **{f"skip_{name}": "true" for name in skipped}}


def variables(settings: Settings, cloud: Cloud, work: Path) -> dict[str, Any]:
    """The values of the root module's variables; what the user set under `variables` wins."""
    env = cloud.environment
    port = int(cloud.endpoint.rsplit(":", 1)[1]) if cloud.endpoint else None
    extra = dict(env.variables)
    function = {"package": str(package(work)), "handler": settings.backend.handler, **extra.pop("function", {})}
    return {
        "project": settings.name,
        "environment": env.name,
        "region": env.region,
        "domain": env.domain,
        "zone": env.zone,
        "protected": env.protected,
        "function": function,
        "emulator": {"port": port} if port else None,
        **extra,
    }


def digest(directory: Path, values: Mapping[str, Any]) -> str:
    """A SHA-256 over a root module's files and its variables, the same on every machine."""
    files = sorted({file for pattern in _CONFIGURATION for file in directory.glob(pattern) if file.is_file()})
    portable = {**values, "function": {k: v for k, v in values.get("function", {}).items() if k != "package"}}
    total = hashlib.sha256(json.dumps(portable, sort_keys=True).encode())
    for file in files:
        total.update(f"\n{file.relative_to(directory).as_posix()}\n".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
