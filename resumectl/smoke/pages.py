"""Probes of what the site serves: the built bytes, plain and compressed, and an honest 404."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from resumectl.smoke.check import Mismatch, Tries
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
    """Raise `Mismatch` unless the answer has that status."""
    if response.status != status:
        failing = response.status == 429 or response.status >= 500  # noqa: PLR2004
        raise Mismatch(
            f"answered {response.status} instead of {status}",
            Tries.TRANSIENT if failing else Tries.SETTLING,
        )


def file(target: Target, http: Http, key: str) -> str:
    """A built file is served with its own bytes and a type that browsers accept."""
    response = http.request("GET", target.base + path_of(key))
    expect(response, 200)
    _expect_type(response, _TYPES.get(PurePosixPath(key).suffix, ""))
    known = _expect_bytes(response.body, target.sha256(key))
    return f"200, {len(response.body):,} bytes{known}"


def compressed(target: Target, http: Http) -> str:
    """What a browser gets, compressed, is the same page."""
    response = http.request("GET", f"{target.base}/", {"Accept-Encoding": "gzip"})
    expect(response, 200)
    encoding = response.header("Content-Encoding").lower()
    if encoding in ("", "identity"):
        _expect_bytes(response.body, target.sha256("index.html"))
        return "200, sent uncompressed"
    body = _decoded(response.body, encoding)
    _expect_bytes(
        body, target.sha256("index.html") or _digest(http.request("GET", f"{target.base}/").body)
    )
    return f"200, {len(body):,} bytes sent as {len(response.body):,}, the same page"


def missing(target: Target, http: Http) -> str:
    """A page that does not exist is a 404 with a page of its own."""
    response = http.request("GET", f"{target.base}/no-such-page-{os.urandom(6).hex()}")
    expect(response, 404)
    _expect_type(response, "text/html")
    if not response.body.strip():
        raise Mismatch("answered 404 without a page")
    known = _expect_bytes(response.body, target.sha256(ERROR_PAGE))
    return f"404 with a page of {len(response.body):,} bytes{known}"


def _expect_type(response: Response, wanted: str) -> None:
    found = response.header("Content-Type")
    if wanted not in found.lower():
        raise Mismatch(f"content type is {found or 'missing'} instead of {wanted}")


def _expect_bytes(body: bytes, wanted: str | None) -> str:
    """Words for a detail; nothing is known about the bytes without a build."""
    if wanted is None:
        return ""
    found = _digest(body)
    if found != wanted:
        raise Mismatch(
            f"not the built file: sha256 {found[:12]} instead of {wanted[:12]}, {len(body):,} bytes"
        )
    return ", the built file"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding != "gzip":
        raise Mismatch(f"sent as {encoding}, although only gzip was accepted")
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = decoder.decompress(body, _DECODED_LIMIT)
    except zlib.error as error:
        raise Mismatch(f"does not decompress: {error}") from error
    if not decoder.eof:
        raise Mismatch("does not decompress: the gzip stream is cut off or too large")
    return plain
