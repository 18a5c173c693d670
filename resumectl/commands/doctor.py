"""`doctor`: what resumectl needs on this machine, and what it found."""

from __future__ import annotations

import os
import platform
import shutil
from typing import TYPE_CHECKING

from resumectl import __version__, aws
from resumectl.aws import Cloud
from resumectl.errors import BuildError, ResumectlError
from resumectl.infra.binary import find_terraform
from resumectl.infra.provider import cli_config
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from resumectl.settings import Environment, Settings


def doctor(settings: Settings, environment: Environment, cloud: Callable[[], str]) -> Outcome:
    """Check everything; each check is a name, whether it is well, and what was found.

    Args:
        settings: the project.
        environment: the environment that is to be deployed to.
        cloud: says how the embedded cloud is; only called for an environment that uses it.
    """
    checks = [
        _check("resumectl", lambda: f"{__version__}, Python {platform.python_version()}"),
        _check("terraform", lambda: _terraform(settings)),
        _check("provider", lambda: _provider(settings)),
        _check("function", lambda: _folder(settings.backend.source)),
        _check(
            "site", lambda: settings.site.build or _folder(settings.site.source or settings.root)
        ),
        _check("git", _git),
        _check("embedded cloud", cloud)
        if environment.emulator
        else _check("credentials", lambda: _who(environment)),
    ]
    missing = [check["name"] for check in checks if not check["ok"]]
    error = ResumectlError(
        f"Something is missing: {', '.join(missing)}.", hint="Each line says what to do."
    )
    return Outcome({"checks": checks}, error if missing else None)


def _check(name: str, find: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"name": name, "ok": True, "detail": find()}
    except ResumectlError as error:
        detail = f"{error.message} {error.hint or ''}".strip()
        return {"name": name, "ok": False, "detail": detail}


def _terraform(settings: Settings) -> str:
    found = find_terraform(os.environ, settings.state_dir)
    return f"{found.product} {found.version}, {found.source}"


def _provider(settings: Settings) -> str:
    product = find_terraform(os.environ, settings.state_dir).product
    return cli_config(os.environ, settings.state_dir, product=product).source


def _folder(path: Path) -> str:
    if not path.is_dir() or not any(path.iterdir()):
        raise BuildError(f"{path} is missing or empty.", hint="Correct resumectl.toml.")
    return str(path)


def _git() -> str:
    return shutil.which("git") or "not found: releases will not say which revision they are"


def _who(environment: Environment) -> str:
    cloud = Cloud(environment)
    with aws.translated("asking AWS who we are"):
        who = cloud.client("sts").get_caller_identity()["Arn"]
    return f"{who}, {cloud.region}"
