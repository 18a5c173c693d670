"""Fingerprints: names of stylesheets, scripts and fonts that change with their content. Pure.

Browsers may cache such a file for ever. References from one asset to another (a font in a
stylesheet, a module in a script) are rewritten, and a fingerprint covers everything that the asset
loads: a new font gives its stylesheet a new name.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, unquote

FOLDER: Final = "assets"

# With a letter and a digit, so that it cannot be mistaken for a date or a word.
_FINGERPRINT: Final = re.compile(r"(?=[a-f]{0,7}[0-9])(?=[0-9]{0,7}[a-f])[0-9a-f]{8}")

_SUFFIXES: Final = frozenset({".css", ".js", ".mjs", ".otf", ".ttf", ".woff", ".woff2"})
_SCRIPT: Final = re.compile(r"""["'`](?P<path>\.{0,2}/[^"'`\s?#]+)""")
_STYLE: Final = re.compile(r"""(?:\burl\(\s*|@import\s+)["']?(?P<path>[^"')\s?#]+)""")
_REFERENCES: Final = {".css": _STYLE, ".js": _SCRIPT, ".mjs": _SCRIPT}


def is_fingerprinted(name: str) -> bool:
    """Whether the file with this path is published under a fingerprinted name."""
    return name.startswith(f"{FOLDER}/") and posixpath.splitext(name)[1].lower() in _SUFFIXES


def fingerprint(assets: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Path -> (published path, content with its references rewritten)."""
    loads = {name: {target for _, target in _references(name, assets)} for name in assets}
    published = {name: _renamed(name, _digest(_reached(name, loads), assets)) for name in assets}
    return {name: (published[name], _rewritten(name, assets, published)) for name in assets}


def named_plainly(page: str, names: Iterable[str]) -> str | None:
    """The first of `names` that a page refers to by its source path, which is not published."""
    for name in names:
        if re.search(rf"""["'(=](\./|/)?{re.escape(quote(name))}["')?#\s>]""", page):
            return name
    return None


def _references(name: str, assets: Mapping[str, bytes]) -> list[tuple[re.Match[str], str]]:
    """The references of an asset to others, as (match, path of the other)."""
    pattern = _REFERENCES.get(posixpath.splitext(name)[1].lower())
    matches = pattern.finditer(_text(assets[name])) if pattern else ()
    targets = ((match, _resolved(name, match["path"])) for match in matches)
    return [(match, target) for match, target in targets if target in assets and target != name]


def _resolved(name: str, path: str) -> str:
    absolute = posixpath.join("/", posixpath.dirname(name), unquote(path))
    return posixpath.normpath(absolute).lstrip("/")


def _reached(name: str, loads: Mapping[str, set[str]]) -> set[str]:
    """The asset and everything it loads, directly or not. Modules may import each other."""
    reached, queue = {name}, [name]
    while queue:
        new = loads[queue.pop()] - reached
        reached |= new
        queue += new
    return reached


def _digest(names: Iterable[str], assets: Mapping[str, bytes]) -> str:
    rows = (f"{name}\0{hashlib.sha256(assets[name]).hexdigest()}\n" for name in sorted(names))
    digest = hashlib.sha256("".join(rows).encode(errors="surrogateescape")).hexdigest()
    match = _FINGERPRINT.search(digest)
    return match[0] if match else digest[:8]


def _renamed(name: str, digest: str) -> str:
    stem, suffix = posixpath.splitext(name)
    return f"{stem}.{digest}{suffix}"


def _rewritten(name: str, assets: Mapping[str, bytes], published: Mapping[str, str]) -> bytes:
    text = _text(assets[name])
    for match, target in reversed(_references(name, assets)):
        folder, slash, _ = match["path"].rpartition("/")
        path = folder + slash + quote(posixpath.basename(published[target]))
        text = text[: match.start("path")] + path + text[match.end("path") :]
    return text.encode(errors="surrogateescape")


def _text(content: bytes) -> str:
    """Any bytes as text; encoding it with `surrogateescape` gives the same bytes."""
    return content.decode(errors="surrogateescape")
