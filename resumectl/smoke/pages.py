"""Checks of what the site serves: the built files, plain and compressed, and a real 404."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from resumectl.smoke.check import Attempts, Mismatch
from resumectl.smoke.target import ERROR_PAGE, Target, path_of

if TYPE_CHECKING:
    from resumectl.smoke.http import Http, Response

_DECODED_LIMIT: Final = 64 * 1024 * 1024
_TYPES: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "javascript",
    ".mjs": "javascript",
}


def expect(response: Response, status: int) -> None:
    """Raise `Mismatch` unless the response has this status."""
    if response.status != status:
        transient = response.status == 429 or response.status >= 500  # noqa: PLR2004
        raise Mismatch(
            f"returned {response.status} instead of {status}",
            Attempts.TRANSIENT if transient else Attempts.SETTLING,
        )


def file(target: Target, http: Http, key: str) -> str:
    """A built file is served unchanged, with a content type that browsers accept."""
    response = http.request("GET", target.base + path_of(key))
    expect(response, 200)
    _expect_type(response, _TYPES.get(PurePosixPath(key).suffix, ""))
    match = _expect_bytes(response.body, target.sha256(key))
    return f"200, {len(response.body):,} bytes{match}"


def compressed(target: Target, http: Http) -> str:
    """The compressed page, as browsers request it, has the same content."""
    response = http.request("GET", f"{target.base}/", {"Accept-Encoding": "gzip"})
    expect(response, 200)
    encoding, expected = response.header("Content-Encoding").lower(), target.sha256("index.html")
    if encoding in ("", "identity"):
        _expect_bytes(response.body, expected)
        return "200, sent uncompressed"
    body = _decoded(response.body, encoding)
    _expect_bytes(body, expected or _digest(http.request("GET", f"{target.base}/").body))
    return f"200, {len(body):,} bytes compressed to {len(response.body):,}, same content"


def missing(target: Target, http: Http) -> str:
    """A missing page returns 404 with the error page."""
    response = http.request("GET", f"{target.base}/no-such-page-{os.urandom(6).hex()}")
    expect(response, 404)
    _expect_type(response, "text/html")
    if not response.body.strip():
        raise Mismatch("returned 404 with an empty body")
    match = _expect_bytes(response.body, target.sha256(ERROR_PAGE))
    return f"404, {len(response.body):,} bytes{match}"


def _expect_type(response: Response, expected: str) -> None:
    kind = response.header("Content-Type")
    if expected not in kind.lower():
        raise Mismatch(f"content type is {kind or 'missing'} instead of {expected}")


def _expect_bytes(body: bytes, expected: str | None) -> str:
    """Returns the end of the check's detail; empty if the expected digest is unknown."""
    if expected is None:
        return ""
    digest = _digest(body)
    if digest != expected:
        raise Mismatch(
            f"wrong content: sha256 {digest[:12]} instead of {expected[:12]}, {len(body):,} bytes"
        )
    return ", matches the build"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding != "gzip":
        raise Mismatch(f"Content-Encoding is {encoding}, but only gzip was requested")
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = decoder.decompress(body, _DECODED_LIMIT)
    except zlib.error as error:
        raise Mismatch(f"cannot be decompressed: {error}") from error
    if not decoder.eof:
        raise Mismatch("cannot be decompressed: the gzip stream is truncated or too large")
    return plain
