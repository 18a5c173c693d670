from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from resumectl.errors import TerraformError
from resumectl.infra.provider import (
    Choice,
    _implied,
    cli_config,
    explain_init_failure,
    machine,
)

LOCK = """
provider "registry.terraform.io/hashicorp/aws" {
  version = "5.100.0"
  hashes = ["h1:abc="]
}
"""


@dataclass
class Desk:
    """An empty home, an empty folder for mirrors, and a project with a lock file."""

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


def test_the_configuration_of_the_user_is_left_alone(desk: Desk) -> None:
    desk.mirror(desk.shelf / "mirror")
    named = desk.write("elsewhere.rc")
    assert desk.choose(TF_CLI_CONFIG_FILE=str(named)).env == {}
    own = desk.write("home/.terraformrc")
    choice = desk.choose()
    assert (choice.env, choice.source) == ({}, f"as configured in {own}")
    assert desk.choose(TF_CLI_CONFIG_FILE="/nowhere").env == {"TF_CLI_CONFIG_FILE": str(own)}
    assert not desk.state_dir.exists()


def test_only_tofu_reads_tofurc(desk: Desk) -> None:
    own = desk.write("home/.tofurc")
    assert desk.choose("tofu").source == f"as configured in {own}"
    assert "the registry" in desk.choose("terraform").source


def test_a_file_of_credentials_is_no_configuration(desk: Desk) -> None:
    desk.write("home/.terraform.d/credentials.tfrc.json", "{}")
    assert "the registry" in desk.choose().source
    own = desk.write("home/.terraform.d/mirrors.tfrc")
    assert desk.choose().source == f"as configured in {own}"


def test_the_named_mirror_comes_first(desk: Desk) -> None:
    desk.mirror(desk.shelf / "other")
    mirror = desk.mirror(desk.folder / 'my "mirror"', "6.0.0")
    choice = desk.choose(RESUMECTL_PROVIDER_MIRROR=str(mirror), TF_CLI_CONFIG_FILE="/nowhere")
    assert choice.env == {"TF_CLI_CONFIG_FILE": str(desk.state_dir / "terraform.rc")}
    assert "named by RESUMECTL_PROVIDER_MIRROR" in choice.source
    assert r"my \"mirror\"" in desk.written
    assert desk.written.count('["registry.terraform.io/hashicorp/aws"]') == 2


def test_a_named_mirror_without_the_provider_is_refused(desk: Desk) -> None:
    with pytest.raises(
        TerraformError, match="RESUMECTL_PROVIDER_MIRROR is /nowhere, which has no hashicorp/aws"
    ):
        desk.choose(RESUMECTL_PROVIDER_MIRROR="/nowhere")


@pytest.mark.parametrize(
    "place", ["project/terraform/terraform.d/plugins", "home/.terraform.d/plugins"]
)
def test_a_mirror_that_terraform_searches_by_default_needs_no_configuration(
    desk: Desk, place: str
) -> None:
    desk.mirror(desk.shelf / "mirror")
    mirror = desk.mirror(desk.folder / place)
    assert desk.choose().source == f"the mirror {mirror}, which Terraform searches by default"
    assert "provider_installation" not in desk.written


@pytest.mark.parametrize(
    ("system", "environ", "folders"),
    [
        (
            "Linux",
            {},
            ["/home/.local/share/terraform", "/usr/local/share/terraform", "/usr/share/terraform"],
        ),
        (
            "Linux",
            {"XDG_DATA_HOME": "/data", "XDG_DATA_DIRS": "/a:/b"},
            ["/data/terraform", "/a/terraform", "/b/terraform"],
        ),
        (
            "Darwin",
            {},
            [
                "/home/Library/Application Support/io.terraform",
                "/Library/Application Support/io.terraform",
            ],
        ),
    ],
)
def test_the_default_folders_are_those_of_the_system(
    system: str, environ: dict[str, str], folders: list[str]
) -> None:
    implied = list(_implied(environ, Path("/home"), Path("/project"), system))
    assert implied == [
        Path("/project/terraform/terraform.d/plugins"),
        Path("/home/.terraform.d/plugins"),
        *(Path(folder) / "plugins" for folder in folders),
    ]


def test_a_mirror_on_the_shelf_must_have_the_locked_version(desk: Desk) -> None:
    desk.write("opt/a-file")
    desk.mirror(desk.shelf / "a", "5.99.0")
    assert "the registry" in desk.choose().source
    mirror = desk.mirror(desk.shelf / "b", packed=True)
    assert desk.choose().source == f"the mirror {mirror}, found under {desk.shelf}"
    desk.write("project/terraform/.terraform.lock.hcl", "")
    assert desk.choose().source == f"the mirror {desk.shelf / 'a'}, found under {desk.shelf}", (
        "nothing is locked"
    )


def test_a_mirror_of_the_tofu_registry_serves_tofu(desk: Desk) -> None:
    desk.mirror(desk.shelf / "mirror", host="registry.opentofu.org")
    desk.choose("tofu")
    assert desk.written.count('["registry.opentofu.org/hashicorp/aws"]') == 2


def test_the_registry_is_used_with_one_cache_for_all_projects(desk: Desk) -> None:
    assert desk.choose().source.startswith("the registry")
    cache = desk.home / ".cache" / "resumectl" / "providers"
    assert f'plugin_cache_dir = "{cache}"' in desk.written
    assert cache.is_dir(), "Terraform refuses a cache that is not there"
    desk.choose(TF_PLUGIN_CACHE_DIR="/mine")
    assert "plugin_cache_dir" not in desk.written


def test_a_cache_that_cannot_be_created_is_left_out(desk: Desk) -> None:
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
    ("output", "message", "detail", "hint"),
    [
        (
            UNREACHABLE,
            "Terraform could not install the AWS provider.",
            "document: dial tcp: lookup registry.terraform.io: no such host",
            "RESUMECTL_PROVIDER_MIRROR",
        ),
        (
            OTHER_VERSION,
            "Terraform found no AWS provider that matches terraform/.terraform.lock.hcl.",
            "the previously-selected version 5.99.0 is no longer available",
            "RESUMECTL_PROVIDER_MIRROR",
        ),
        (
            OTHER_BYTES,
            "Terraform found no AWS provider that matches terraform/.terraform.lock.hcl.",
            "checksums previously recorded in the dependency lock file",
            "RESUMECTL_PROVIDER_MIRROR",
        ),
        (
            BROKEN,
            "terraform init failed: Unclosed configuration block",
            "  on main.tf line 1, in terraform:",
            "doctor",
        ),
        ("Error: no such bucket", "terraform init failed: no such bucket", None, "doctor"),
        ("Killed\n", "terraform init failed: Killed", None, "doctor"),
    ],
)
def test_a_failed_init_is_explained_and_quoted_in_full(
    output: str, message: str, detail: str | None, hint: str
) -> None:
    error = explain_init_failure(output)
    first, *details = error.message.splitlines()
    assert first == message
    assert detail in details if detail else not details
    assert not [line for line in details if not line.strip() or re.search("[│╷╵]", line)]
    assert hint in (error.hint or "")


def test_no_line_of_an_error_is_lost() -> None:
    _, *details = explain_init_failure(BROKEN).message.splitlines()
    assert details[-1] == "be caused by incorrect brace nesting elsewhere in this file."
    assert "Terraform encountered problems" not in " ".join(details)
