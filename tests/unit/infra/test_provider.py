from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import TerraformError
from resumectl.infra.provider import Choice, cli_config, explain_init_failure, machine

if TYPE_CHECKING:
    from pathlib import Path

LOCK = """
provider "registry.terraform.io/hashicorp/aws" {
  version = "5.100.0"
  hashes = ["h1:abc="]
}
"""


@dataclass
class Desk:
    """A home, a project and a shelf for mirrors, all empty."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def shelf(self) -> Path:
        return self.folder / "opt"

    @property
    def state_dir(self) -> Path:
        return self.folder / "project" / ".resumectl"

    def mirror(
        self,
        folder: Path,
        version: str = "5.100.0",
        host: str = "registry.terraform.io",
        *,
        packed: bool = False,
    ) -> Path:
        provider = folder / host / "hashicorp" / "aws"
        if packed:
            provider.mkdir(parents=True)
            (provider / f"terraform-provider-aws_{version}_{machine()}.zip").touch()
        else:
            (provider / version / machine()).mkdir(parents=True)
        return folder

    def write(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def choose(self, product: str = "terraform", **environ: str) -> Choice:
        known = {"HOME": str(self.home), "XDG_DATA_DIRS": str(self.folder / "usr"), **environ}
        return cli_config(known, self.state_dir, shelf=self.shelf, product=product)  # type: ignore[arg-type]

    @property
    def written(self) -> str:
        return (self.state_dir / "terraform.rc").read_text()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write("project/terraform/.terraform.lock.hcl", LOCK)
    return desk


def test_the_users_own_configuration_is_respected(desk: Desk) -> None:
    desk.mirror(desk.shelf / "mirror")
    named = desk.write("elsewhere.rc")
    assert desk.choose(TF_CLI_CONFIG_FILE=str(named)).env == {}
    own = desk.write("home/.terraformrc")
    choice = desk.choose()
    assert (choice.env, choice.source) == ({}, f"as {own} says")
    assert desk.choose(TF_CLI_CONFIG_FILE="/nowhere").env == {"TF_CLI_CONFIG_FILE": str(own)}
    assert not desk.state_dir.exists()


def test_only_tofu_reads_tofus(desk: Desk) -> None:
    own = desk.write("home/.tofurc")
    assert desk.choose("tofu").source == f"as {own} says"
    assert "the registry" in desk.choose("terraform").source


def test_further_files_count_but_not_mere_credentials(desk: Desk) -> None:
    desk.write("home/.terraform.d/credentials.tfrc.json", "{}")
    assert "the registry" in desk.choose().source
    own = desk.write("home/.terraform.d/mirrors.tfrc")
    assert desk.choose().source == f"as {own} says"


def test_the_named_mirror(desk: Desk) -> None:
    desk.mirror(desk.shelf / "other")
    mirror = desk.mirror(desk.folder / 'my "mirror"', "6.0.0")
    choice = desk.choose(RESUMECTL_PROVIDER_MIRROR=str(mirror), TF_CLI_CONFIG_FILE="/nowhere")
    assert choice.env == {"TF_CLI_CONFIG_FILE": str(desk.state_dir / "terraform.rc")}
    assert "named by RESUMECTL_PROVIDER_MIRROR" in choice.source
    assert r"my \"mirror\"" in desk.written
    assert desk.written.count('["registry.terraform.io/hashicorp/aws"]') == 2


def test_a_named_mirror_that_is_none(desk: Desk) -> None:
    with pytest.raises(
        TerraformError, match="RESUMECTL_PROVIDER_MIRROR is /nowhere, which holds no hashicorp/aws"
    ):
        desk.choose(RESUMECTL_PROVIDER_MIRROR="/nowhere")


@pytest.mark.parametrize(
    "place",
    [
        "project/terraform/terraform.d/plugins",
        "home/.terraform.d/plugins",
        "home/.local/share/terraform/plugins",
        "usr/terraform/plugins",
    ],
)
def test_where_terraform_looks_by_itself(
    desk: Desk, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resumectl.infra.provider.this.system", lambda: "Linux")
    desk.mirror(desk.shelf / "mirror")
    desk.mirror(desk.folder / place)
    assert (
        desk.choose().source == f"the mirror {desk.folder / place}, where Terraform looks by itself"
    )
    assert "provider_installation" not in desk.written


def test_a_mirror_on_the_shelf_must_hold_what_is_locked(desk: Desk) -> None:
    desk.write("opt/a-file")
    desk.mirror(desk.shelf / "a", "5.99.0")
    assert "the registry" in desk.choose().source
    mirror = desk.mirror(desk.shelf / "b", packed=True)
    assert desk.choose().source == f"the mirror {mirror}, found under {desk.shelf}"
    desk.write("project/terraform/.terraform.lock.hcl", "")
    assert desk.choose().source == f"the mirror {desk.shelf / 'a'}, found under {desk.shelf}", (
        "nothing is locked"
    )


def test_a_mirror_for_tofu(desk: Desk) -> None:
    desk.mirror(desk.shelf / "mirror", host="registry.opentofu.org")
    desk.choose("tofu")
    assert desk.written.count('["registry.opentofu.org/hashicorp/aws"]') == 2


def test_the_registry_with_one_download_for_all(desk: Desk) -> None:
    assert desk.choose().source.startswith("the registry")
    cache = desk.home / ".cache" / "resumectl" / "providers"
    assert f'plugin_cache_dir = "{cache}"' in desk.written
    assert cache.is_dir(), "Terraform refuses a cache that is not there"
    desk.choose(TF_PLUGIN_CACHE_DIR="/mine")
    assert "plugin_cache_dir" not in desk.written


def test_a_home_that_cannot_be_written_to(desk: Desk) -> None:
    desk.write("home/.cache")
    desk.choose()
    assert "plugin_cache_dir" not in desk.written


def test_the_file_is_written_only_when_it_changes(desk: Desk) -> None:
    desk.choose()
    before = (desk.state_dir / "terraform.rc").stat().st_mtime_ns
    desk.choose()
    assert (desk.state_dir / "terraform.rc").stat().st_mtime_ns == before
    assert [path.name for path in desk.state_dir.iterdir()] == ["terraform.rc"]


UNREACHABLE = """
Initializing provider plugins...
- Reusing previous version of hashicorp/aws from the dependency lock file

Error: Failed to query available provider packages

Could not retrieve the list of available versions for provider hashicorp/aws:
could not connect to registry.terraform.io: failed to request discovery
document: dial tcp: lookup registry.terraform.io: no such host

To see which modules are currently depending on hashicorp/aws and what
versions are specified, run the following command:
    terraform providers
"""
OTHER_VERSION = """
Error: Failed to query available provider packages

Could not retrieve the list of available versions for provider hashicorp/aws:
the previously-selected version 5.99.0 is no longer available
"""
OTHER_BYTES = """
╷
│ Error: Failed to install provider
│
│ Error while installing hashicorp/aws v5.100.0: the local package for
│ registry.terraform.io/hashicorp/aws 5.100.0 doesn't match any of the
│ checksums previously recorded in the dependency lock file
╵
"""
BROKEN = """
Error: Terraform encountered problems during initialisation, including problems
with the configuration, described below.

The Terraform configuration must be valid before initialization so that
Terraform can determine which modules and providers need to be installed.


Error: Unclosed configuration block

  on main.tf line 1, in terraform:
   1: terraform {

There is no closing brace for this block before the end of the file. This may
be caused by incorrect brace nesting elsewhere in this file.
"""


@pytest.mark.parametrize(
    ("output", "message", "hint"),
    [
        (
            UNREACHABLE,
            "The AWS provider cannot be had. .*no such host$",
            "RESUMECTL_PROVIDER_MIRROR",
        ),
        (
            OTHER_VERSION,
            r"not the one that terraform/\.terraform\.lock\.hcl names",
            "RESUMECTL_PROVIDER_MIRROR",
        ),
        (
            OTHER_BYTES,
            r"not the one that terraform/\.terraform\.lock\.hcl names",
            "RESUMECTL_PROVIDER_MIRROR",
        ),
        (
            BROKEN,
            r"Terraform cannot be prepared\. Unclosed configuration block: on main\.tf line 1",
            "doctor",
        ),
        ("Error: no such bucket", "Terraform cannot be prepared. no such bucket", "doctor"),
        ("Killed\n", "terraform init failed: Killed", "doctor"),
    ],
)
def test_why_init_failed(output: str, message: str, hint: str) -> None:
    error = explain_init_failure(output)
    with pytest.raises(TerraformError, match=message):
        raise error
    assert "\n" not in error.message
    assert hint in (error.hint or "")
