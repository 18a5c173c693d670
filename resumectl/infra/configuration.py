"""A root module as a value: its files and its digest, which the ledger remembers.

The project bucket keeps a zip (see `kept`), so that drift is judged and reverted with the released
configuration, whatever the worktree holds by then. Everything under
`terraform/` belongs to it, except tests and what Terraform itself leaves there. Of the lock file
only the versions count: its checksums differ from machine to machine.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from resumectl.files import unreadable

VARIABLES: Final = "resumectl.variables.json"
LOCK: Final = ".terraform.lock.hcl"
ERRORED: Final = "errored.tfstate"
"""Where Terraform leaves a state that it could not save, in the folder that it runs in."""
PLUGINS: Final = "terraform.d"
"""A mirror of providers that Terraform looks for in the folder that it runs in."""

_LEFT_OUT: Final = (".*", "*~", "*.tfstate", "*.tfstate.*", "crash.log", VARIABLES)
_FOLDERS_LEFT_OUT: Final = ("tests", PLUGINS)
_HASHES: Final = re.compile(rb"^[ \t]*hashes\s*=\s*\[[^\]]*\][ \t]*\r?\n", re.MULTILINE)


def read(directory: Path) -> dict[str, bytes]:
    """The files of a root module by name, in order.

    Raises:
        BuildError: a file is unreadable.
    """
    files = {path.relative_to(directory).as_posix(): path for path in _walk(directory)}
    return {name: _content(files[name]) for name in sorted(files)}


def digest(files: Mapping[str, bytes], variables: Mapping[str, Any]) -> str:
    """A SHA-256 over a root module's files and its variables, the same on every machine."""
    total = hashlib.sha256(json.dumps(portable(variables), sort_keys=True).encode())
    for name, content in sorted(files.items()):
        total.update(f"\n{name}\n".encode())
        total.update(hashlib.sha256(_without_hashes(name, content)).digest())
    return total.hexdigest()


def lay_out(files: Mapping[str, bytes], directory: Path, lock: Path) -> None:
    """Make a folder hold exactly these files, beside what Terraform itself leaves there.

    Args:
        files: a root module.
        directory: where Terraform will run.
        lock: a lock file of this machine; replaces the module's if both name the same versions,
            because `init` adds the checksums of this machine to it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    chosen = {**files, LOCK: _chosen_lock(files.get(LOCK), lock)}
    for path in list(_walk(directory)):
        if path.relative_to(directory).as_posix() not in chosen:
            path.unlink()
    for name, content in chosen.items():
        path = directory / name
        if content is not None and not (path.is_file() and path.read_bytes() == content):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def link_plugins(source: Path, directory: Path) -> None:
    """Let Terraform find the provider mirror of the project's own `terraform/` folder."""
    plugins, link = (source / PLUGINS).absolute(), directory / PLUGINS
    if link.is_symlink() and link.readlink() != plugins:  # the project was moved
        link.unlink()
    if plugins.is_dir() and not link.exists():
        link.symlink_to(plugins, target_is_directory=True)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def _walk(folder: Path, *, top: bool = True) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() and path.name == PLUGINS:
            continue
        if path.is_dir():
            if not path.name.startswith(".") and not (top and path.name in _FOLDERS_LEFT_OUT):
                yield from _walk(path, top=False)
        elif path.name == LOCK or not any(fnmatchcase(path.name, left) for left in _LEFT_OUT):
            yield path


def _chosen_lock(own: bytes | None, lock: Path) -> bytes | None:
    try:
        here = lock.read_bytes()
    except OSError:
        return own
    same = own is None or _without_hashes(LOCK, own) == _without_hashes(LOCK, here)
    return here if same else own


def _without_hashes(name: str, content: bytes) -> bytes:
    return _HASHES.sub(b"", content) if name == LOCK else content


def portable(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables without the path of the zip, which differs from machine to machine."""
    table = variables.get("function", {})
    function = {key: value for key, value in table.items() if key != "package"}
    return {**variables, "function": function}
