"""Fingerprints: names for stylesheets, scripts and fonts that change when what they hold changes. Pure.

A browser may keep such a file for ever. What one asset loads (a font in a stylesheet, a module in a script) is renamed
in its text too, so a fingerprint covers everything the asset reaches: a new font gives its stylesheet a new name.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER: Final = "assets"

# A letter and a digit at least, so that nobody takes it for a date or a word.
_FINGERPRINT: Final = re.compile(r"(?=[a-f]{0,7}[0-9])(?=[0-9]{0,7}[a-f])[0-9a-f]{8}")

_SUFFIXES: Final = frozenset({".css", ".js", ".mjs", ".otf", ".ttf", ".woff", ".woff2"})
_REFERENCES: Final = {
    ".css": re.compile(r"""(?:\burl\(\s*|@import\s+)["']?(?P<path>[^"')\s?#]+)"""),
    ".js": re.compile(r"""["'`](?P<path>\.{0,2}/[^"'`\s?#]+)"""),
    ".mjs": re.compile(r"""["'`](?P<path>\.{0,2}/[^"'`\s?#]+)"""),
}


def is_fingerprinted(name: str) -> bool:
    """Whether the file at this path of the site is published under a fingerprinted name."""
    return name.startswith(f"{FOLDER}/") and posixpath.splitext(name)[1].lower() in _SUFFIXES


def fingerprint(assets: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Name each asset anew: path -> (published path, bytes with the assets it loads renamed)."""
    loads = {name: {target for _, target in _references(name, assets)} for name in assets}
    published = {name: _renamed(name, _digest(_reached(name, loads), assets)) for name in assets}
    return {name: (published[name], _rewritten(name, assets, published)) for name in assets}


def named_plainly(page: str, names: Iterable[str]) -> str | None:
    """The first of `names` that a page loads by its plain path, which is not published."""
    return next(
        (
            name
            for name in names
            if re.search(rf"""["'(=](\./|/)?{re.escape(quote(name))}["')?#\s>]""", page)
        ),
        None,
    )


def _references(name: str, assets: Mapping[str, bytes]) -> list[tuple[re.Match[str], str]]:
    """Where the text of an asset names other assets: (match, the asset's path)."""
    pattern = _REFERENCES.get(posixpath.splitext(name)[1].lower())
    matches = pattern.finditer(_text(assets[name])) if pattern else ()
    found = ((match, _resolved(name, match["path"])) for match in matches)
    return [(match, target) for match, target in found if target in assets and target != name]


def _resolved(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(name), unquote(path))).lstrip(
        "/"
    )


def _reached(name: str, loads: Mapping[str, set[str]]) -> set[str]:
    """The asset and all that it loads, directly or not; modules may import each other in a circle."""
    reached, ahead = {name}, [name]
    while ahead:
        new = loads[ahead.pop()] - reached
        reached |= new
        ahead += new
    return reached


def _digest(names: Iterable[str], assets: Mapping[str, bytes]) -> str:
    rows = (f"{name}\0{hashlib.sha256(assets[name]).hexdigest()}\n" for name in sorted(names))
    digest = hashlib.sha256("".join(rows).encode(errors="surrogateescape")).hexdigest()
    found = _FINGERPRINT.search(digest)
    return found[0] if found else digest[:8]


def _renamed(name: str, digest: str) -> str:
    stem, suffix = posixpath.splitext(name)
    return f"{stem}.{digest}{suffix}"


def _rewritten(name: str, assets: Mapping[str, bytes], published: Mapping[str, str]) -> bytes:
    text = _text(assets[name])
    for match, target in reversed(_references(name, assets)):
        path = "".join(match["path"].rpartition("/")[:2]) + quote(
            posixpath.basename(published[target])
        )
        text = text[: match.start("path")] + path + text[match.end("path") :]
    return text.encode(errors="surrogateescape")


def _text(content: bytes) -> str:
    """Any bytes as text, and back without loss."""
    return content.decode(errors="surrogateescape")
