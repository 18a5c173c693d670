"""What an object is served as: its Content-Type and its Cache-Control. Pure, and the same on every machine.

The table is complete in itself: the standard library's differs between Python versions and reads the machine's
`/etc/mime.types`, so that the same site deployed from two machines would show as changed. Text is sent as UTF-8; XML
and JSON say their own encoding.

Cache-Control is the first of: the user's rule whose glob matches; a year for names that carry a fingerprint of their
bytes; `no-cache` for pages; and for everything else "browsers ask every time, the edge answers for an hour", because
a deploy can invalidate the edge, but never a browser.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resumectl.settings import CacheRule

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PAGE: Final = "no-cache"
ASSET: Final = "public, max-age=0, s-maxage=3600, must-revalidate"
UNKNOWN_TYPE: Final = "application/octet-stream"

_EXTENSIONS: Final = {
    "application/atom+xml": "atom",
    "application/epub+zip": "epub",
    "application/geo+json": "geojson",
    "application/gzip": "gz tgz",
    "application/json": "json map",
    "application/ld+json": "jsonld",
    "application/manifest+json": "webmanifest",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-keys": "asc",
    "application/postscript": "eps ps",
    "application/rss+xml": "rss",
    "application/rtf": "rtf",
    "application/toml": "toml",
    "application/vnd.apple.mpegurl": "m3u8",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-fontobject": "eot",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/wasm": "wasm",
    "application/x-7z-compressed": "7z",
    "application/x-bzip2": "bz2",
    "application/x-tar": "tar",
    "application/x-xz": "xz",
    "application/xhtml+xml": "xhtml",
    "application/xml": "xml xsl",
    "application/yaml": "yaml yml",
    "application/zip": "zip",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/midi": "mid midi",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "oga ogg opus",
    "audio/wav": "wav",
    "audio/webm": "weba",
    "font/collection": "ttc",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "image/apng": "apng",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpeg jpg",
    "image/jxl": "jxl",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/vnd.microsoft.icon": "ico",
    "image/webp": "webp",
    "model/gltf+json": "gltf",
    "model/gltf-binary": "glb",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "htm html",
    "text/javascript": "cjs js mjs",
    "text/markdown": "markdown md",
    "text/plain": "conf ini log text tf txt",
    "text/tab-separated-values": "tsv",
    "text/vcard": "vcf",
    "text/vtt": "vtt",
    "video/mp4": "m4v mp4",
    "video/mpeg": "mpeg mpg",
    "video/ogg": "ogv",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-msvideo": "avi",
}
_TYPES: Final = {
    extension: kind for kind, names in _EXTENSIONS.items() for extension in names.split()
}
_NAMED: Final = {
    "apple-app-site-association": "application/json",
    "CNAME": "text/plain",
    "LICENSE": "text/plain",
    "README": "text/plain",
}
_PAGES: Final = ("text/html", "application/xhtml+xml")

_HEX: Final = re.compile(r".[.-](?=[0-9]*[a-f])[0-9a-f]{8,64}\.[^.]+(\.map)?$")
_MIXED: Final = re.compile(
    r".[.-](?=[^.]*[A-Z])(?=[^.]*[0-9][^.]*[A-Za-z])[A-Za-z0-9_-]{8}\.(css|js|mjs|wasm|woff2?)(\.map)?$"
)


def content_type(key: str) -> str:
    """The Content-Type for `key`, with a charset where it is text."""
    name = key.rpartition("/")[2]
    kind = _NAMED.get(name) or _TYPES.get(
        name.rpartition(".")[2].lower() if "." in name else "", UNKNOWN_TYPE
    )
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def cache_control(key: str, rules: Iterable[CacheRule] = ()) -> str:
    """The Cache-Control for `key`: the first of `rules` that matches, else the default for its kind."""
    for rule in rules:
        if matches(rule.glob, key):
            return rule.value
    if is_page(content_type(key)):
        return PAGE
    return IMMUTABLE if is_fingerprinted(key) else ASSET


def matches(glob: str, key: str) -> bool:
    """Whether `glob` names `key`: `*` also crosses `/`, as in CloudFront's path patterns; a leading `/` is optional."""
    pattern = glob.removeprefix("/")
    return fnmatchcase(key, pattern) or (
        pattern.startswith("**/") and fnmatchcase(key, pattern[3:])
    )


def is_page(kind: str) -> bool:
    """Whether a Content-Type is that of a page: it refers to assets, so it goes up after them."""
    return kind.partition(";")[0] in _PAGES


def is_fingerprinted(key: str) -> bool:
    """Whether the name changes whenever the bytes do: `app.8e0d62a0.js`, `main-6f4d1b1e7a4a.css`, `i-BnT5a8Xk.js`.

    A wrong yes would pin an old file in browsers for a year, so dates (`photo-20240101.jpg`) and words
    (`resume-portfolio.pdf`) do not count, and the mixed alphabet of Vite and esbuild only counts for code and fonts.
    """
    name = key.rpartition("/")[2]
    return bool(_HEX.search(name) or _MIXED.search(name))
