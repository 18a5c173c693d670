"""The site on disk: which files are published, under which keys, with which bytes and headers.

Hidden files and editor leftovers are skipped silently. Mistakes stop the deploy: a credential, a
link out of the site, two files for one key.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from resumectl import files
from resumectl.errors import BuildError
from resumectl.parallel import side_by_side
from resumectl.site import credentials, headers

if TYPE_CHECKING:
    from resumectl.settings import CacheRule

_EXCLUDED: Final = re.compile(
    r"\.(?!well-known$).*|.*(~|\.(swp|swo|bak|orig|tmp))|#.*#|Thumbs\.db|desktop\.ini|__pycache__",
    re.DOTALL,
)
"""Dotfiles except `.well-known/`, and what editors and file managers leave behind."""
_READERS: Final = 8
_CHUNK: Final = 1024 * 1024
# Limits of S3: the length of a key in UTF-8, and the size of an object in one PutObject.
_MAX_KEY_BYTES: Final = 1024
_MAX_FILE_BYTES: Final = 5 * 1024**3
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class SiteFile:
    """One file of the site, ready to upload. `sha256` is in hex."""

    path: Path
    size: int
    sha256: str
    content_type: str
    cache_control: str


class _Content(NamedTuple):
    size: int
    sha256: str
    credential: credentials.Credential | None


def scan(folder: Path, rules: Sequence[CacheRule] = ()) -> dict[str, SiteFile]:
    """Every file to publish from the folder of a built site, by object key, sorted.

    Raises:
        BuildError: there is nothing to publish, or a file must not or cannot be published.
    """
    paths = _by_key(folder)
    contents = side_by_side(_read, list(paths.values()), lanes=_READERS)
    _refuse_credentials(dict(zip(paths, contents, strict=True)))
    return {
        key: SiteFile(
            path,
            content.size,
            content.sha256,
            headers.content_type(key),
            headers.cache_control(key, rules),
        )
        for (key, path), content in zip(paths.items(), contents, strict=True)
    }


def is_excluded(name: str) -> bool:
    """Whether files and folders with this name are never published."""
    return _EXCLUDED.fullmatch(name) is not None


def _by_key(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise BuildError(
            f"The site's folder {folder} does not exist.", hint="Check [site] in resumectl.toml."
        )
    paths: dict[str, Path] = {}
    for file in files.walk(folder, is_excluded):
        # A link to a key file needs no check of its own: its target is in the site too.
        if credentials.is_key_file(file.path.name):
            raise BuildError(
                f"{file.path} looks like a private key or a state file, and the site is public.",
                hint="Move it out of the site, or rename it if it is meant to be public.",
                code="credential",
            )
        key = _key(file.name)
        if key in paths:
            raise BuildError(
                f"Two files of the site have the same name {key!r}, in different Unicode forms.",
                hint="Delete or rename one of them.",
            )
        paths[key] = file.path
    if not paths:
        raise BuildError(
            f"There is nothing to publish in {folder}.",
            hint="Check that it is the right folder and that the site was built.",
        )
    return dict(sorted(paths.items()))


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


def _read(path: Path) -> _Content:
    """Hash a file in chunks, and search it for credentials if it is small."""
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > _MAX_FILE_BYTES:
                raise BuildError(
                    f"{path} is larger than 5 GiB.", hint="Host it elsewhere and link to it."
                )
            data = file.read(min(size, _CHUNK) + 1)
            digest, length, start = hashlib.sha256(data), len(data), data
            while data:
                data = file.read(_CHUNK)
                digest.update(data)
                length += len(data)
    except OSError as error:
        raise files.unreadable(path, error) from error
    small = length <= credentials.SEARCHED_BYTES and length == len(start)
    return _Content(length, digest.hexdigest(), credentials.find(start) if small else None)


def _refuse_credentials(contents: dict[str, _Content]) -> None:
    places = [
        f"{key}, line {content.credential.line}: {content.credential.what}"
        for key, content in contents.items()
        if content.credential
    ]
    if places:
        more = f" (and {len(places) - 1} more like it)" if len(places) > 1 else ""
        raise BuildError(
            f"The site would publish a credential: {places[0]}{more}.",
            hint="Remove it, and revoke it if it was ever public. Write an example in two halves.",
            code="credential",
        )
