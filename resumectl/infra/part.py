"""The infrastructure part of an environment: plans, applies, and says what its configuration is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import SettingsError
from resumectl.infra import configuration, snapshot, state
from resumectl.infra.binary import find_terraform
from resumectl.infra.provider import cli_config
from resumectl.infra.runner import Runner
from resumectl.settings import work_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from resumectl.aws import Cloud
    from resumectl.infra.runner import Mode, Watch
    from resumectl.plan import Snapshot
    from resumectl.settings import Settings

DIRECTORY: Final = "terraform"


@dataclass(frozen=True)
class Planned:
    """A saved plan: whether there is anything to apply, and both sides of what would change.

    What is taken over as it is changes Terraform's state and nothing else: it is on neither side, and only counted.
    `since` says when what drifted was changed, by address, as far as AWS knows.
    """

    changed: bool
    live: Snapshot = field(default_factory=dict)
    wanted: Snapshot = field(default_factory=dict)
    imported: int = 0
    since: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """A root module and the values of its variables: the worktree's, or that of a release."""

    directory: Path
    variables: Mapping[str, Any]


class Infra:
    """Terraform's resources of one environment.

    Args:
        runner: runs Terraform.
        backend: the values of the partial `s3` backend.
        module: the configuration.
    """

    def __init__(self, runner: Runner, backend: Mapping[str, str], module: Module) -> None:
        self.runner = runner
        self._backend = backend
        self._module = module

    @classmethod
    def open(
        cls,
        settings: Settings,
        cloud: Cloud,
        bucket: str | None,
        module: Module,
        environ: Mapping[str, str],
    ) -> Infra:
        """Find Terraform and its provider for an environment.

        Args:
            settings: the project.
            cloud: the environment's account and region.
            bucket: where the state is kept; None before there is one, when all that makes sense is a plan.
            module: the configuration.
            environ: the environment variables of the process.

        Raises:
            TerraformError: there is no usable Terraform.
        """
        found = find_terraform(environ, settings.state_dir)
        choice = cli_config(environ, settings.state_dir, product=found.product)
        work = work_dir(settings, cloud.environment)
        if bucket is None:
            work = work / "unborn"
            module = unborn(module, work / "module")
        runner = Runner(
            found.path, module.directory, work, {**cloud.environ(environ), **choice.env}
        )
        return cls(runner, backend(cloud, bucket) if bucket else {}, module)

    def plan(self, watch: Watch, mode: Mode = "apply", targets: Sequence[str] = ()) -> Planned:
        """Compare the configuration (or, for `refresh-only`, the state) with what AWS has.

        Raises:
            TerraformError: Terraform could not make a plan.
        """
        self.runner.init(self._backend)
        changed = self.runner.plan(self._module.variables, mode, watch, targets)
        if mode == "refresh-only":  # its exit code also counts what only looks like a difference
            shown = self.runner.show()
            return Planned(changed, *snapshot.drift(shown), since=snapshot.modified(shown))
        if not changed:
            return Planned(changed)
        shown = self.runner.show()
        return Planned(changed, *snapshot.changes(shown), snapshot.imports(shown))

    def command(self, *arguments: str) -> str:
        """Run any other Terraform command on the environment's state; gives its output.

        Raises:
            TerraformError: it failed.
        """
        self.runner.init(self._backend)
        return self.runner.command(*arguments)

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
    skipped = (
        "credentials_validation",
        "requesting_account_id",
        "metadata_api_check",
        "region_validation",
    )
    local = {"use_path_style": "true", "max_retries": "1"}  # one that does not answer has ended
    return {**values, **local, **{f"skip_{name}": "true" for name in skipped}}


def unborn(of: Module, directory: Path) -> Module:
    """The same configuration for an environment that has no state yet, and no bucket to look for one."""
    configuration.copy(
        of.directory, directory, "backend_override.tf", 'terraform {\n  backend "local" {}\n}\n'
    )
    return Module(directory, of.variables)


def module(settings: Settings, cloud: Cloud) -> Module:
    """The worktree's configuration; what the user set under `variables` wins."""
    env = cloud.environment
    port = int(cloud.endpoint.rsplit(":", 1)[1]) if cloud.endpoint else None
    extra = dict(env.variables)
    function = {
        "package": str(package(work_dir(settings, env))),
        "handler": settings.backend.handler,
    }
    values = {
        "project": settings.name,
        "environment": env.name,
        "region": env.region,
        "domain": env.domain,
        "zone": env.zone,
        "protected": env.protected,
        "function": {**function, **_table(env.name, extra.pop("function", {}))},
        "emulator": {"port": port} if port else None,
        **extra,
    }
    return Module(settings.root / DIRECTORY, values)


def _table(env: str, value: object) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise SettingsError(
        f"resumectl.toml: env.{env}.variables.function must be a table.",
        hint="For example { memory_mb = 256 }.",
    )
