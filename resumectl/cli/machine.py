"""What `doctor` looks at on this machine."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from resumectl import __version__, aws
from resumectl.aws import Cloud
from resumectl.errors import BuildError
from resumectl.infra.binary import find_terraform
from resumectl.infra.provider import cli_config

if TYPE_CHECKING:
    from resumectl.settings import Environment, Settings


def needs(
    settings: Settings, environment: Environment, embedded_cloud: Callable[[], str]
) -> dict[str, Callable[[], str]]:
    """Everything that a deploy needs, by name: a function that returns what is there.

    Args:
        settings: the project.
        environment: the environment that would be deployed to.
        embedded_cloud: returns the state of the embedded cloud, for an environment that uses it.
    """
    checks: dict[str, Callable[[], str]] = {
        "resumectl": lambda: f"{__version__}, Python {platform.python_version()}",
        "terraform": lambda: _terraform(settings),
        "provider": lambda: _provider(settings),
        "function": lambda: _folder(settings.backend.source),
        "site": lambda: settings.site.build or _folder(settings.site.source or settings.root),
        "git": _git,
    }
    if environment.emulator:
        return {**checks, "embedded cloud": embedded_cloud}
    return {**checks, "credentials": lambda: _credentials(environment)}


def _terraform(settings: Settings) -> str:
    terraform = find_terraform(os.environ, settings.state_dir)
    return f"{terraform.product} {terraform.version}, {terraform.source}"


def _provider(settings: Settings) -> str:
    product = find_terraform(os.environ, settings.state_dir).product
    return cli_config(os.environ, settings.state_dir, product=product).source


def _folder(path: Path) -> str:
    if not path.is_dir() or not any(path.iterdir()):
        raise BuildError(f"{path} is missing or empty.", hint="Correct resumectl.toml.")
    return str(path)


def _git() -> str:
    return shutil.which("git") or "not found: releases will not name the revision they come from"


def _credentials(environment: Environment) -> str:
    cloud = Cloud(environment)
    with aws.translated("asking AWS who we are"):
        identity = cloud.client("sts").get_caller_identity()["Arn"]
    return f"{identity}, {cloud.region}"
