"""The site on disk: which files are published, under which keys, with which bytes and headers.

Hidden files, `node_modules/` and editor leftovers are left out. Mistakes stop the deploy: a
credential, a link out of the site, two files for one key.
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
    from resumectl.site.copies import Copies, Copy

_EXCLUDED: Final = re.compile(
    r"\.(?!well-known$).*|.*(~|\.(swp|swo|bak|orig|tmp))|#.*#|Thumbs\.db|desktop\.ini|__pycache__"
    r"|node_modules",
    re.DOTALL,
)
"""Dotfiles except `.well-known/`, and what editors, file managers and npm leave behind."""
_READERS: Final = 8
_CHUNK: Final = 1024 * 1024
# Limits of S3: the length of a key in UTF-8, and the size of an object in one PutObject.
_MAX_KEY_BYTES: Final = 1024
_MAX_FILE_BYTES: Final = 5 * 1024**3
_NAMED: Final = 3
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class SiteFile:
    """One file of the site, ready to upload. `sha256` is in hex.

    Attributes:
        copy: of its content, if something may write to the file.
    """

    path: Path
    size: int
    sha256: str
    content_type: str
    cache_control: str
    copy: Copy | None = None


def is_excluded(name: str) -> bool:
    """Whether files and folders with this name are never published."""
    return _EXCLUDED.fullmatch(name) is not None


class _Content(NamedTuple):
    size: int
    sha256: str
    credential: credentials.Credential | None
    copy: Copy | None


class Exclusion:
    """The rule of what is never published, and the names that it met."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def __call__(self, name: str) -> bool:
        """Whether files and folders with this name are left out."""
        excluded = is_excluded(name)
        if excluded:
            self._names.add(name)
        return excluded

    def __str__(self) -> str:
        """What was left out; empty if nothing was."""
        names = sorted(self._names)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"not published: {', '.join(names[:_NAMED])}{more}" if names else ""


def scan(
    folder: Path,
    rules: Sequence[CacheRule] = (),
    exclusion: files.Rule = is_excluded,
    copies: Copies | None = None,
) -> dict[str, SiteFile]:
    """Every file to publish from the folder of a built site, by object key, sorted.

    A file whose name is decomposed Unicode (NFD) is published under its composed form (NFC), which
    people type, and under its own name, which links in the site may have.

    Args:
        folder: where it was built.
        rules: the user's rules for Cache-Control.
        exclusion: the rule of what is left out.
        copies: where to copy each file to while it is read; the result has the copies.

    Raises:
        BuildError: there is nothing to publish, or a file must not or cannot be published.
    """
    keys = _by_key(folder, exclusion)
    paths = list(dict.fromkeys(keys.values()))
    read = side_by_side(lambda path: _read(path, copies), paths, lanes=_READERS)
    contents = dict(zip(paths, read, strict=True))
    _refuse_credentials({key: contents[path] for key, path in keys.items()})
    return {
        key: SiteFile(
            path,
            contents[path].size,
            contents[path].sha256,
            headers.content_type(key),
            headers.cache_control(key, rules),
            contents[path].copy,
        )
        for key, path in keys.items()
    }


def _by_key(folder: Path, exclusion: files.Rule) -> dict[str, Path]:
    if not folder.is_dir():
        raise BuildError(
            f"The site's folder {folder} does not exist.", hint="Check [site] in resumectl.toml."
        )
    paths: dict[str, Path] = {}
    for file in files.walk(folder, exclusion):
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
        paths[key] = paths[file.name] = file.path
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
    if len(name.encode()) > _MAX_KEY_BYTES:
        raise BuildError(
            f"The path {name!r} is longer than S3 allows (1024 bytes).", hint="Shorten it."
        )
    return key


def _read(path: Path, copies: Copies | None = None) -> _Content:
    """Hash a file in chunks, search it for credentials, and copy it if that was asked for."""
    digest, search, length = hashlib.sha256(), credentials.Search(), 0
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size > _MAX_FILE_BYTES:
                raise BuildError(
                    f"{path} is larger than 5 GiB.", hint="Host it elsewhere and link to it."
                )
            copy = copies.reserve(size) if copies else None
            amount = min(size, _CHUNK) + 1
            while data := file.read(amount):
                if copy and not copy.write(data, length):
                    raise changed(path)
                digest.update(data)
                search.feed(data, last=False)
                length, amount = length + len(data), _CHUNK
            search.feed(b"", last=True)
    except OSError as error:
        raise files.unreadable(path, error) from error
    if copy and length != size:
        raise changed(path)
    return _Content(length, digest.hexdigest(), search.found, copy)


def changed(path: Path) -> BuildError:
    """The error for a file that something else writes to."""
    return BuildError(
        f"{path} changed during the deploy.",
        hint="Stop what writes to it (a build in watch mode?) and run the same command again.",
        code="changed",
    )


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
