"""Terraform's own checks of every root module, offline: format, validity, tests with mocked AWS."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from resumectl.infra.binary import find_terraform
from resumectl.infra.provider import cli_config

ROOT = Path(__file__).parents[2] / "terraform"
MODULES = sorted({file.parent.relative_to(ROOT) for file in ROOT.rglob("terraform.tf")})

Terraform = "Callable[..., str]"


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Runs the Terraform and the provider that resumectl finds, in a copy of the modules."""
    folder = tmp_path_factory.mktemp("terraform")
    shutil.copytree(
        ROOT, folder / "terraform", ignore=shutil.ignore_patterns(".terraform", "*.tfstate*")
    )
    binary = find_terraform(os.environ, folder / ".resumectl")
    provider = cli_config(os.environ, folder / ".resumectl")

    def run(module: Path, *arguments: str) -> str:
        quiet = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TF_", "AWS_"))
        }
        offline = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED": "true"}
        data = folder / "data" / (module.name or "root")
        completed = subprocess.run(
            [binary.path, f"-chdir={folder / 'terraform' / module}", *arguments],
            env={**quiet, **offline, **provider.env, "TF_DATA_DIR": str(data), "GOGC": "400"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert completed.returncode == 0, completed.stdout
        return completed.stdout

    return run


@pytest.fixture(scope="module", params=MODULES, ids=lambda module: module.name or "root")
def module(request: pytest.FixtureRequest, terraform: Terraform) -> Path:
    """A root module after `init`, which must not change its lock file."""
    terraform(
        request.param, "init", "-backend=false", "-input=false", "-lockfile=readonly", "-no-color"
    )
    return request.param


def test_every_file_is_formatted(terraform: Terraform) -> None:
    assert terraform(Path(), "fmt", "-check", "-recursive", "-diff", "-no-color") == ""


def test_a_module_is_valid_and_passes_its_tests(terraform: Terraform, module: Path) -> None:
    """`terraform test` validates, too; a `validate` before it only starts the provider again."""
    if list((ROOT / module).glob("tests/*.tftest.hcl")):
        assert "0 failed" in terraform(module, "test", "-no-color")
    else:
        assert "The configuration is valid" in terraform(module, "validate", "-no-color")
