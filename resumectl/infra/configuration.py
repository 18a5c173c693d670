"""A root module as a value: its digest, and a zip that brings it back as it was released.

The ledger remembers the digest; the project bucket keeps the zip, so that drift can be judged and repaired with the
very configuration that was released, whatever the worktree holds by then.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VARIABLES: Final = "resumectl.variables.json"
ERRORED: Final = "errored.tfstate"
"""Where Terraform leaves a state that it could not save, in the folder that it runs in."""
_FILES: Final = (
    "*.tf",
    "*.tf.json",
    "*.tfvars",
    "*.tfvars.json",
    "functions/*",
    ".terraform.lock.hcl",
)
_NOT_COPIED: Final = (".terraform", "tests", "*.tfstate", "*.tfstate.*")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def digest(directory: Path, values: Mapping[str, Any]) -> str:
    """A SHA-256 over a root module's files and its variables, the same on every machine."""
    total = hashlib.sha256(_portable(values))
    for name, content in _contents(directory).items():
        total.update(f"\n{name}\n".encode())
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def pack(directory: Path, values: Mapping[str, Any]) -> bytes:
    """The module and its variables as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in {**_contents(directory), VARIABLES: _portable(values)}.items():
            zipped.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return buffer.getvalue()


def unpack(data: bytes, directory: Path) -> dict[str, Any]:
    """Lay the module out in `directory`, in place of what is there; gives its variables."""
    clear(directory)
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        zipped.extractall(directory)
    values: dict[str, Any] = json.loads((directory / VARIABLES).read_text())
    return values


def clear(directory: Path) -> None:
    """Empty a folder that a module is laid out in; a state that Terraform could not save there stays."""
    directory.mkdir(parents=True, exist_ok=True)
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != ERRORED:
            entry.unlink()


def copy(directory: Path, target: Path, name: str, text: str) -> None:
    """Copy a root module to `target`, in place of what is there, with one more file in it."""
    clear(target)
    shutil.copytree(
        directory, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NOT_COPIED)
    )
    (target / name).write_text(text)


def _contents(directory: Path) -> dict[str, bytes]:
    files = sorted(
        {file for pattern in _FILES for file in directory.glob(pattern) if file.is_file()}
    )
    return {file.relative_to(directory).as_posix(): file.read_bytes() for file in files}


def _portable(values: Mapping[str, Any]) -> bytes:
    """The variables without the path of the zip, which differs from machine to machine."""
    function = {key: value for key, value in values.get("function", {}).items() if key != "package"}
    return json.dumps({**values, "function": function}, sort_keys=True).encode()
