from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from resumectl.smoke import pages
from resumectl.smoke.check import Attempts, Mismatch
from resumectl.smoke.target import Target


def failure(probe, *arguments) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        probe(*arguments)
    return caught.value


def test_the_built_page_passes(site, http):
    assert pages.file(site.target(), http, "index.html") == "200, 1,936 bytes, matches the build"


def test_without_a_build_contents_are_not_compared(site, http):
    assert pages.file(site.target(pages=None), http, "index.html") == "200, 1,936 bytes"


def test_the_page_is_requested_uncompressed(site, http):
    site.change(
        "GET",
        "/",
        lambda answer: (
            answer if "Content-Encoding" not in answer.headers else replace(answer, status=500)
        ),
    )
    assert pages.file(site.target(), http, "index.html").startswith("200")


def test_changed_content_fails(site, http):
    site.change("GET", "/", lambda answer: replace(answer, body=b"<h1>the old page</h1>"))
    mismatch = failure(pages.file, site.target(), http, "index.html")
    assert mismatch.detail.startswith("wrong content: sha256 ")
    assert mismatch.attempts is Attempts.SETTLING


@pytest.mark.parametrize(
    ("key", "path", "kind", "detail"),
    [
        (
            "index.html",
            "/",
            "application/octet-stream",
            "content type is application/octet-stream instead of text/html",
        ),
        (
            "assets/site.css",
            "/assets/site.css",
            "text/plain",
            "content type is text/plain instead of text/css",
        ),
        (
            "assets/site.js",
            "/assets/site.js",
            "text/plain",
            "content type is text/plain instead of javascript",
        ),
    ],
)
def test_a_content_type_that_browsers_reject_fails(site, http, key, path, kind, detail):
    site.change("GET", path, lambda answer: answer.with_headers(Content_Type=kind))
    assert failure(pages.file, site.target(), http, key).detail == detail


@pytest.mark.parametrize(
    ("status", "attempts"),
    [
        (403, Attempts.SETTLING),
        (404, Attempts.SETTLING),
        (301, Attempts.SETTLING),
        (429, Attempts.TRANSIENT),
        (503, Attempts.TRANSIENT),
    ],
)
def test_an_unexpected_status_fails(site, http, status, attempts):
    site.change(
        "GET",
        "/",
        lambda answer: replace(answer, status=status).with_headers(Location="/elsewhere"),
    )
    mismatch = failure(pages.file, site.target(), http, "index.html")
    assert (mismatch.detail, mismatch.attempts) == (f"returned {status} instead of 200", attempts)


def test_an_index_page_is_requested_by_its_folder(site, http):
    assert pages.file(site.target(), http, "about/index.html") == "200, 14 bytes, matches the build"
    assert site.requests == [("GET", "/about/")]


def test_the_compressed_page_is_the_same_page(site, http):
    assert pages.compressed(site.target(), http).startswith("200, 1,936 bytes compressed to ")


def test_the_compressed_page_is_compared_with_the_plain_one_without_a_build(site, http):
    assert pages.compressed(site.target(pages=None), http).endswith("same content")


def test_a_site_that_does_not_compress_passes(site, http):
    site.compresses = False
    assert pages.compressed(site.target(), http) == "200, sent uncompressed"


@pytest.mark.parametrize("built", [True, False])
def test_another_page_behind_compression_fails(site, http, built):
    old = gzip.compress(b"the old page")
    site.change(
        "GET",
        "/",
        lambda answer: (
            replace(answer, body=old) if "Content-Encoding" in answer.headers else answer
        ),
    )
    target = site.target() if built else site.target(pages=None)
    assert failure(pages.compressed, target, http).detail.startswith("wrong content")


def test_another_uncompressed_page_fails(site, http):
    site.compresses = False
    site.change("GET", "/", lambda answer: replace(answer, body=b"the old page"))
    assert failure(pages.compressed, site.target(), http).detail.startswith("wrong content")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"<p>not gzip", "cannot be decompressed: Error -3"),
        (
            gzip.compress(b"cut off" * 99, mtime=0)[:-9],
            "cannot be decompressed: the gzip stream is truncated or too large",
        ),
    ],
)
def test_broken_compression_fails(site, http, body, detail):
    site.change("GET", "/", lambda answer: replace(answer, body=body))
    assert failure(pages.compressed, site.target(), http).detail.startswith(detail)


def test_an_encoding_that_was_not_requested_fails(site, http):
    site.change("GET", "/", lambda answer: answer.with_headers(Content_Encoding="br"))
    assert (
        failure(pages.compressed, site.target(), http).detail
        == "Content-Encoding is br, but only gzip was requested"
    )


def test_a_404_with_the_built_error_page_passes(site, http):
    assert pages.missing(site.target(), http) == "404, 17 bytes, matches the build"


def test_each_run_asks_for_another_missing_page(site, http):
    pages.missing(site.target(), http)
    pages.missing(site.target(), http)
    assert len(set(site.requests)) == 2


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        ({"status": 200}, "returned 200 instead of 404"),
        ({"status": 403}, "returned 403 instead of 404"),
        ({"body": b" \n"}, "returned 404 with an empty body"),
        ({"body": b"<h1>another</h1>"}, "wrong content"),
        (
            {"headers": {"Content-Type": "application/xml"}},
            "content type is application/xml instead of text/html",
        ),
        ({"headers": {}}, "content type is missing instead of text/html"),
    ],
)
def test_a_missing_page_without_a_proper_404_fails(site, http, broken, detail):
    right = site.right
    site.right = lambda *arguments: replace(right(*arguments), **broken)
    assert failure(pages.missing, site.target(), http).detail.startswith(detail)


def test_without_a_built_error_page_any_page_passes(site, http):
    assert pages.missing(Target(site.url, {}), http) == "404, 17 bytes"
