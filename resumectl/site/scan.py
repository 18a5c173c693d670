"""The site as it is on disk: which files are published, under which keys, with which bytes and headers.

Hidden files and editors' leftovers are left out silently; whatever is a mistake (a key, a link out of the tree, two
files that would be one object) stops the deploy instead.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from resumectl.errors import BuildError
from resumectl.parallel import side_by_side
from resumectl.site import credentials, headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from resumectl.settings import CacheRule

_LEFT_OUT: Final = re.compile(
    r"\.(?!well-known$).*|.*(~|\.(swp|swo|bak|orig|tmp))|#.*#|Thumbs\.db|desktop\.ini|__pycache__",
    re.DOTALL,
)
"""Dotfiles but `.well-known/`, and what editors and file managers leave behind."""
_READERS: Final = 8
_CHUNK: Final = 1024 * 1024
_MAX_KEY_BYTES: Final = 1024
_MAX_FILE_BYTES: Final = 5 * 1024**3
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class SiteFile:
    """One file of the site, ready to be uploaded. `sha256` is in hex."""

    path: Path
    size: int
    sha256: str
    content_type: str
    cache_control: str


class _Read(NamedTuple):
    size: int
    sha256: str
    credential: credentials.Credential | None


def scan(folder: Path, rules: Sequence[CacheRule] = ()) -> dict[str, SiteFile]:
    """Every publishable file under `folder`, by object key, sorted.

    Args:
        folder: the built site.
        rules: the user's cache rules, the first match wins.

    Raises:
        BuildError: there is nothing to publish, or something that must not or cannot be.
    """
    paths = _by_key(folder)
    read = dict(zip(paths, side_by_side(_read, list(paths.values()), lanes=_READERS), strict=True))
    _refuse_credentials(read)
    return {
        key: SiteFile(
            path,
            read[key].size,
            read[key].sha256,
            headers.content_type(key),
            headers.cache_control(key, rules),
        )
        for key, path in paths.items()
    }


def _by_key(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise BuildError(
            f"The site's folder {folder} does not exist.", hint="Check [site] in resumectl.toml."
        )
    root = folder.resolve()
    found: dict[str, Path] = {}
    for path in _walk(root, root, (root,)):
        key = _key(path[len(str(root)) :].lstrip("/"))
        if key in found:
            raise BuildError(
                f"Two files of the site have the same name {key!r}, written with different Unicode.",
                hint="Delete or rename one of them.",
            )
        found[key] = Path(path)
    if not found:
        raise BuildError(
            f"There is nothing to publish in {folder}.",
            hint="Is it the right folder, and was it built?",
        )
    return dict(sorted(found.items()))


def _walk(folder: Path, root: Path, inside: tuple[Path, ...]) -> Iterator[str]:
    """The publishable files below `folder`; `inside` are the real folders on the way to it."""
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        raise _unreadable(folder, error) from error
    for entry in entries:
        if _LEFT_OUT.fullmatch(entry.name):
            continue
        target = _target(Path(entry.path), root) if entry.is_symlink() else None
        if entry.is_dir():
            real = target or inside[-1] / entry.name
            if target and any(parent.is_relative_to(real) for parent in inside):
                raise BuildError(
                    f"{entry.path} is a link to a folder that holds it.", hint="Remove the link."
                )
            yield from _walk(folder / entry.name, root, (*inside, real))
        else:
            _check_publishable(entry, target.name if target else entry.name)
            yield entry.path


def _target(link: Path, root: Path) -> Path:
    """Where a symbolic link leads, which must be something of the site that is published itself."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise BuildError(
            f"{link} is a link that leads nowhere.", hint="Remove or repair it."
        ) from error
    if not target.is_relative_to(root):
        raise BuildError(
            f"{link} is a link out of the site: it leads to {target}.",
            hint="Copy the file into the site if it is meant to be public.",
        )
    if any(_LEFT_OUT.fullmatch(part) for part in target.relative_to(root).parts):
        raise BuildError(
            f"{link} is a link to {target}, which is never published.", hint="Remove the link."
        )
    return target


def _check_publishable(entry: os.DirEntry[str], real_name: str) -> None:
    if credentials.is_key_file(entry.name) or credentials.is_key_file(real_name):
        raise BuildError(
            f"{entry.path} looks like a private key or a state file; the site is public.",
            hint="Move it out of the site. If it is meant to be public, give it another name.",
            code="credential",
        )
    if not entry.is_file():
        raise BuildError(f"{entry.path} is not a regular file.", hint="Remove it from the site.")


def _key(name: str) -> str:
    if _UNSENDABLE.search(name):
        raise BuildError(
            f"The file name {name!r} cannot be used on the web.",
            hint="Rename it: printable UTF-8 only.",
        )
    key = unicodedata.normalize("NFC", name)
    if len(key.encode()) > _MAX_KEY_BYTES:
        raise BuildError(
            f"The path {name!r} is longer than S3 allows (1024 bytes).", hint="Shorten it."
        )
    return key


def _read(path: Path) -> _Read:
    """Hash a file without holding more than a piece of it, and search it when it is small."""
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > _MAX_FILE_BYTES:
                raise BuildError(
                    f"{path} is larger than 5 GiB.", hint="Host it elsewhere and link to it."
                )
            data = file.read(min(size, _CHUNK) + 1)
            digest, read, searched = hashlib.sha256(data), len(data), data
            while data:
                data = file.read(_CHUNK)
                digest.update(data)
                read += len(data)
    except OSError as error:
        raise _unreadable(path, error) from error
    small = read <= credentials.SEARCHED_BYTES and read == len(searched)
    return _Read(read, digest.hexdigest(), credentials.find(searched) if small else None)


def _refuse_credentials(read: dict[str, _Read]) -> None:
    found = [
        f"{key}, line {item.credential.line}: {item.credential.what}"
        for key, item in read.items()
        if item.credential
    ]
    if found:
        more = f" (and {len(found) - 1} more like it)" if len(found) > 1 else ""
        raise BuildError(
            f"The site would publish a credential: {found[0]}{more}.",
            hint="Remove it, and revoke it if it was ever committed or public. An example? Write it in two halves.",
            code="credential",
        )


def _unreadable(path: Path, error: OSError) -> BuildError:
    return BuildError(
        f"{path} cannot be read: {error.strerror}.",
        hint="Check its permissions (ls -l), or remove it.",
    )
