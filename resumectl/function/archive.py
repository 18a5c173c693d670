"""The function's zip. The same folder gives the same bytes on every machine, umask, clock and day.

Packaged: every file of the folder, named relative to it, mode 0644, dated 1980-01-01, sorted by
name (by code point). Names are NFC, which Python's import expects; some file systems return them
decomposed. Left out: names that start with a dot, bytecode and its folders, editor backups. There
are no other rules: what the function does not need (its tests, say) belongs beside the folder.

Files are stored, not deflated: two versions of zlib produce different bytes from the same input, so
two machines would disagree on whether a deploy is needed. A function without dependencies is too
small to gain from compression.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from resumectl import files
from resumectl.errors import BuildError

if TYPE_CHECKING:
    from resumectl.release.artifacts import Artifacts

T = TypeVar("T")

LARGEST: Final = 50 * 1024 * 1024
"""Lambda's limit for a zip that is sent in the request itself."""
EXCLUDED: Final = (".*", "__pycache__", "*.py[co]", "*~", "#*#", "*.sw[po]", "*.bak", "*.orig")
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Archive:
    """A zip in memory, with the SHA-256 of its bytes in hex and the names of its entries."""

    data: bytes = field(repr=False)
    sha256: str
    files: tuple[str, ...]

    @property
    def code_sha256(self) -> str:
        """The SHA-256 in base64, as Lambda reports it."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()

    @property
    def size(self) -> int:
        """The size of the zip in bytes."""
        return len(self.data)


def archive(source: Path) -> Archive:
    """Zip a folder.

    Raises:
        BuildError: the folder is missing, empty or too large, or holds something unusable.
    """
    paths = _paths(source)
    _check_size(source, sum(_read(path, path.stat).st_size for path in paths.values()))
    data = _zipped({name: _read(paths[name], paths[name].read_bytes) for name in sorted(paths)})
    _check_size(source, len(data))
    return Archive(data, hashlib.sha256(data).hexdigest(), tuple(sorted(paths)))


def kept(artifacts: Artifacts, sha256: str) -> Archive | None:
    """The archive with that digest; None if it is not kept, or damaged."""
    data = artifacts.read(sha256)
    return of(data) if data and hashlib.sha256(data).hexdigest() == sha256 else None


def of(data: bytes) -> Archive:
    """The archive with these bytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        names = tuple(zipped.namelist())
    return Archive(data, hashlib.sha256(data).hexdigest(), names)


def write(zipped: Archive, path: Path) -> None:
    """Write the zip to a file atomically. A device or a pipe is written to, not replaced.

    Raises:
        BuildError: the file cannot be written; its old content is untouched.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(zipped.data)
        else:
            files.replace(target, zipped.data)
    except OSError as error:
        hint = "Choose a file that you can write."
        if error.errno in _FULL:
            hint = "Free some space, or write it elsewhere."
        raise BuildError(f"Cannot write {path}: {error.strerror}.", hint=hint) from error


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as zipped:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.create_system = _UNIX
            zipped.writestr(entry, content)
    return buffer.getvalue()


def _paths(source: Path) -> dict[str, Path]:
    """The files to package, by their name in the zip."""
    if not source.is_dir():
        raise BuildError(
            f"There is no folder {source}.",
            hint="Set [backend] source to the folder of the function's code.",
        )
    paths: dict[str, Path] = {}
    for file in files.walk(source, _is_excluded):
        name = _entry_name(file.name)
        if name in paths:
            raise BuildError(f"{source} has two files named {name}.", hint="Rename one of them.")
        paths[name] = file.path
    if not paths:
        raise BuildError(
            f"There is nothing to package in {source}.", hint="Put the function's code there."
        )
    return paths


def _is_excluded(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in EXCLUDED)


def _entry_name(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise BuildError(
            f"The file name {name!r} is not UTF-8.", hint="Rename the file."
        ) from error
    return unicodedata.normalize("NFC", name)


def _read(path: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except OSError as error:
        raise files.unreadable(path, error) from error


def _check_size(source: Path, size: int) -> None:
    if size > LARGEST:
        raise BuildError(
            f"The zip of {source} has {size / 2**20:.1f} MB; "
            f"Lambda's limit is {LARGEST // 2**20} MB.",
            hint="Remove what the function does not need; put large dependencies into a layer.",
        )
