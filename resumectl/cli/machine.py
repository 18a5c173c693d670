"""What `doctor` looks at on this machine."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resumectl import __version__, aws
from resumectl.aws import Cloud
from resumectl.errors import BuildError, MachineError
from resumectl.infra.binary import find_terraform
from resumectl.infra.provider import cli_config
from resumectl.release.actor import refusal

if TYPE_CHECKING:
    from resumectl.settings import Environment, Settings

_ROOM: Final = 200 * 10**6
"""Bytes: Terraform's plans, its copy of the module, the zip, the built site."""


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
        "git": lambda: _git(settings.root),
        "work folder": lambda: work_folder(settings.state_dir),
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


def _git(root: Path) -> str:
    git = shutil.which("git")
    if git is None:
        return "not found: releases will not name the revision they come from"
    if reason := refusal(root):
        hint = f"git config --global --add safe.directory {root}"
        raise MachineError(f"git does not read {root}: {reason}.", hint=hint)
    return git


def work_folder(folder: Path, room: int = _ROOM) -> str:
    """Where everything goes that resumectl writes on this machine, and how much room there is.

    Raises:
        MachineError: it cannot be written, or has less than `room` bytes of free space.
    """
    there = folder if folder.exists() else folder.parent
    for place in (there, *(path for path in folder.glob("*/*") if path.is_dir())):
        if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
            hint = "It must be a folder that you can write."
            raise MachineError(f"{place} cannot be written.", hint=hint)
    free = shutil.disk_usage(there).free
    if free < room:
        raise MachineError(
            f"{there} has {free // 10**6} MB of free space.",
            hint=f"Free some: a deploy needs up to {room // 10**6} MB.",
        )
    return f"{folder}, {free / 10**9:.1f} GB free"


def _credentials(environment: Environment) -> str:
    cloud = Cloud(environment)
    with aws.translated("asking AWS who we are"):
        identity = cloud.client("sts").get_caller_identity()["Arn"]
    return f"{identity}, {cloud.region}"
