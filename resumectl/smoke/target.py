"""What is to be proven: where the site is, what it should serve and what must stay closed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from resumectl.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR_PAGE: Final = "404.html"
_SAMPLED: Final = (".html", ".css", ".js", ".mjs", ".json", ".webmanifest", ".svg", ".txt", ".xml")


@dataclass(frozen=True)
class Target:
    """A live site.

    Args:
        url: the site's address as visitors type it, with or without a trailing slash.
        pages: the SHA-256 of each built file by its key (`index.html`, `assets/site.css`); None when nothing was built
            here, and then only what every working site shows is checked.
        bucket_url: the direct address of an object in the private bucket; None leaves that check out.
        plain_url: the http:// address that must redirect; found from an https:// `url` when None.
    """

    url: str
    pages: Mapping[str, str] | None = None
    bucket_url: str | None = None
    plain_url: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(
                f"{self.url!r} is not the address of a site.",
                hint="Write it like https://example.com.",
            )

    @property
    def base(self) -> str:
        """The address without a trailing slash."""
        return self.url.rstrip("/")

    @property
    def host(self) -> str:
        """The host name alone."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether visitors come by HTTPS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def plain(self) -> str:
        """The http:// address that must lead to the https:// one."""
        return self.plain_url or f"http://{self.host}/"

    def sha256(self, key: str) -> str | None:
        """What the built file of that key hashes to, when it is known."""
        known = {_normal(path): digest for path, digest in (self.pages or {}).items()}
        return known.get(key)

    def sample(self) -> tuple[str, ...]:
        """The first file of each text format except the front and error page, the formats that matter most first."""
        first: dict[str, str] = {}
        for key in sorted(set(map(_normal, self.pages or {})) - {"index.html", ERROR_PAGE}):
            first.setdefault(PurePosixPath(key).suffix, key)
        return tuple(first[suffix] for suffix in _SAMPLED if suffix in first)


def path_of(key: str) -> str:
    """The path a visitor asks for to get the object: `about/index.html` -> `/about/`."""
    folder = key.removesuffix("index.html")
    return "/" + quote(folder if folder == "" or folder.endswith("/") else key)


def _normal(path: str) -> str:
    """A key, whether it was given as a key or as a path: `/about/` -> `about/index.html`."""
    key = path.lstrip("/")
    return f"{key}index.html" if key == "" or key.endswith("/") else key
