"""A folder becomes a zip, and the same folder becomes the same bytes: on every machine, umask, clock and day.

What goes in: every file of the tree, named relative to it, mode 0644, dated 1980-01-01, in the order of the names' code
points. Names are NFC, as Python's import wants them (some file systems hand them out decomposed). What stays out:
everything whose name starts with a dot, bytecode and its folders, editors' backups. There are no other rules: what a
function does not need (its tests, say) belongs beside the folder.

Files are stored, not deflated: two versions of zlib make different bytes of the same input, and then two machines would
never agree on whether a deploy is needed. A function without third-party code has nothing to win by it either.

A symbolic link is followed when it stays in the tree and does not lead to something that stays out; any other is
refused, as is what is neither file nor folder.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import os
import stat
import unicodedata
import zipfile
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, TypeVar

from resumectl.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")

LARGEST: Final = 50 * 1024 * 1024
"""Lambda takes no larger zip in a request."""
LEFT_OUT: Final = (".*", "__pycache__", "*.py[co]", "*~", "#*#", "*.sw[po]", "*.bak", "*.orig")
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Archive:
    """A zip in memory.

    Attributes:
        data: its bytes.
        sha256: their SHA-256, in hexadecimal.
        files: the names in it, in order.
    """

    data: bytes = field(repr=False)
    sha256: str
    files: tuple[str, ...]

    @property
    def code_sha256(self) -> str:
        """The digest as Lambda writes it."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()

    @property
    def size(self) -> int:
        """How many bytes the zip has."""
        return len(self.data)


def archive(source: Path) -> Archive:
    """Zip a folder.

    Raises:
        BuildError: the folder is missing or empty, or holds something that cannot or must not be packaged.
    """
    files = _files(source)
    _refuse_if_too_large(source, sum(_read(path, path.stat).st_size for path in files.values()))
    data = _zipped({name: _read(files[name], files[name].read_bytes) for name in sorted(files)})
    _refuse_if_too_large(source, len(data))
    return Archive(data, hashlib.sha256(data).hexdigest(), tuple(sorted(files)))


def of(data: bytes) -> Archive:
    """The archive whose bytes were kept."""
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        names = tuple(zipped.namelist())
    return Archive(data, hashlib.sha256(data).hexdigest(), names)


def write(made: Archive, path: Path) -> None:
    """Write the zip to a file: all of it or nothing. A device or a pipe is written to, not replaced.

    Raises:
        BuildError: the file cannot be written; what was there before still is.
    """
    target = path.resolve()
    special = target.exists() and not target.is_file()
    half = target if special else target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(made.data)
        half.replace(target)
    except OSError as error:
        if not special:
            _forget(half)
        hint = (
            "Free some space, or write it elsewhere."
            if error.errno in _FULL
            else "Choose a file you can write."
        )
        raise BuildError(f"Cannot write {path}: {error.strerror}.", hint=hint) from error


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # it could not be made in the first place


def _zipped(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.create_system = _UNIX
            made.writestr(entry, content)
    return buffer.getvalue()


def _files(source: Path) -> dict[str, Path]:
    """What goes in, by name in the zip."""
    if not source.is_dir():
        raise BuildError(
            f"There is no folder {source}.",
            hint="Set [backend] source to the folder of the function's code.",
        )
    root = source.resolve()
    files: dict[str, Path] = {}
    for path in _walk(root, root, (root,)):
        name = _name(path.relative_to(root).as_posix())
        if name in files:
            raise BuildError(
                f"Two files of {source} are both called {name}.", hint="Rename one of them."
            )
        files[name] = path
    if not files:
        raise BuildError(
            f"There is nothing to package in {source}.", hint="Put the function's code there."
        )
    return files


def _walk(folder: Path, root: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    """The files below a folder. `above` are the real folders that lead to it: a link to one of them would never end."""
    entries = _read(folder, lambda: list(folder.iterdir()))
    for path in (entry for entry in entries if not _left_out(entry.name)):
        target = _target(path, root)
        if target.is_file():
            yield path
        elif not target.is_dir():
            raise BuildError(f"{path} is neither a file nor a folder.", hint="Remove it.")
        elif target in above:
            raise BuildError(f"{path} links to a folder it is in.", hint="Remove the link.")
        else:
            yield from _walk(path, root, (*above, target))


def _target(path: Path, root: Path) -> Path:
    """The path itself, or what a link leads to."""
    if not path.is_symlink():
        return path
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise BuildError(
            f"The link {path} leads nowhere.", hint="Remove it, or restore what it links to."
        ) from error
    if not target.is_relative_to(root):
        raise BuildError(
            f"The link {path} leads out of {root}.", hint="Copy what it links to into the folder."
        )
    if any(_left_out(name) for name in target.relative_to(root).parts):
        raise BuildError(
            f"The link {path} leads to {target}, which is never packaged.", hint="Remove the link."
        )
    return target


def _left_out(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in LEFT_OUT)


def _name(name: str) -> str:
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
        raise BuildError(
            f"Cannot read {path}: {error.strerror}.", hint="Make it readable, or remove it."
        ) from error


def _refuse_if_too_large(source: Path, size: int) -> None:
    if size > LARGEST:
        raise BuildError(
            f"{source} makes a zip of {size / 2**20:.1f} MB; Lambda takes {LARGEST // 2**20} MB.",
            hint="Remove what the function does not need; put large dependencies into a layer.",
        )
