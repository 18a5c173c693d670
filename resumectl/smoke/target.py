"""What the smoke test checks: where the site is, what it should serve, what must be private."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote, urlsplit

from resumectl.errors import SettingsError

ERROR_PAGE: Final = "404.html"
_SAMPLED: Final = (".html", ".css", ".js", ".mjs", ".json", ".webmanifest", ".svg", ".txt", ".xml")


@dataclass(frozen=True)
class Target:
    """A live site.

    Args:
        url: the site's public URL, with or without a trailing slash.
        pages: the SHA-256 of each built file by its key (`index.html`, `assets/site.css`); None
            without a build, then contents are not compared.
        bucket_url: the direct URL of an object in the private bucket; None skips that check.
        plain_url: the http:// URL that must redirect; by default that of the host.
    """

    url: str
    pages: Mapping[str, str] | None = None
    bucket_url: str | None = None
    plain_url: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(
                f"{self.url!r} is not the URL of a site.",
                hint="Write it like https://example.com.",
            )

    @property
    def base(self) -> str:
        """The URL without a trailing slash."""
        return self.url.rstrip("/")

    @property
    def host(self) -> str:
        """The host name without a port."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether the site uses HTTPS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def plain(self) -> str:
        """The http:// URL that must redirect to HTTPS."""
        return self.plain_url or f"http://{self.host}/"

    def sha256(self, key: str) -> str | None:
        """The digest of the built file with this key, if known."""
        digests = {_normal(path): digest for path, digest in (self.pages or {}).items()}
        return digests.get(key)

    def sample(self) -> tuple[str, ...]:
        """One file of each text format, most important format first; no front or error page."""
        first: dict[str, str] = {}
        for key in sorted(set(map(_normal, self.pages or {})) - {"index.html", ERROR_PAGE}):
            first.setdefault(PurePosixPath(key).suffix, key)
        return tuple(first[suffix] for suffix in _SAMPLED if suffix in first)


def path_of(key: str) -> str:
    """The URL path of an object: `about/index.html` -> `/about/`."""
    folder = key.removesuffix("index.html")
    return "/" + quote(folder if folder == "" or folder.endswith("/") else key)


def _normal(path: str) -> str:
    """The key for a key or a URL path: `/about/` -> `about/index.html`."""
    key = path.lstrip("/")
    return f"{key}index.html" if key == "" or key.endswith("/") else key
