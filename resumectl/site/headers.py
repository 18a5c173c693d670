"""The Content-Type and Cache-Control of an object. Pure, and the same on every machine.

The table of types is complete in itself. The standard library's differs between Python versions and
reads `/etc/mime.types`, so a site deployed from two machines would show up as changed. Text is sent
as UTF-8; XML and JSON declare their own encoding.

Cache-Control is the first that applies: the user's first matching rule; a year for names with a
fingerprint of the content; `no-cache` for pages; for everything else, browsers revalidate every
time and the CDN keeps it for an hour, as a deploy can invalidate the CDN but not a browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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
    r".[.-](?=[^.]*[A-Z])(?=[^.]*[0-9][^.]*[A-Za-z])[A-Za-z0-9_-]{8}"
    r"\.(css|js|mjs|wasm|woff2?)(\.map)?$"
)


def content_type(key: str) -> str:
    """The Content-Type for `key`, with a charset where it is text."""
    name = key.rpartition("/")[2]
    kind = _NAMED.get(name) or _TYPES.get(
        name.rpartition(".")[2].lower() if "." in name else "", UNKNOWN_TYPE
    )
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def cache_control(key: str, rules: Iterable[CacheRule] = ()) -> str:
    """The Cache-Control for `key`: the first of `rules` that matches, or the default."""
    for rule in rules:
        if matches(rule.glob, key):
            return rule.value
    if is_page(content_type(key)):
        return PAGE
    return IMMUTABLE if is_fingerprinted(key) else ASSET


def matches(glob: str, key: str) -> bool:
    """Whether the glob matches: `*` crosses `/`, as in CloudFront; a leading `/` is optional."""
    pattern = glob.removeprefix("/")
    return fnmatchcase(key, pattern) or (
        pattern.startswith("**/") and fnmatchcase(key, pattern[3:])
    )


def is_page(kind: str) -> bool:
    """Whether a Content-Type is that of a page."""
    return kind.partition(";")[0] in _PAGES


def is_fingerprinted(key: str) -> bool:
    """Whether the name has a fingerprint of the content: `app.8e0d62a0.js`, `i-BnT5a8Xk.css`.

    A false positive would keep an old file in browsers for a year. Dates (`photo-20240101.jpg`) and
    words (`resume-portfolio.pdf`) therefore do not count, and the mixed-case fingerprints of Vite
    and esbuild only count for code and fonts.
    """
    name = key.rpartition("/")[2]
    return bool(_HEX.search(name) or _MIXED.search(name))
