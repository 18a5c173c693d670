from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from resumectl.smoke import Target, pages
from resumectl.smoke.check import Mismatch, Tries


def failure(probe, *arguments) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        probe(*arguments)
    return caught.value


def test_the_built_page_passes(site, http):
    assert pages.file(site.target(), http, "index.html") == "200, 1,936 bytes, the built file"


def test_without_a_build_only_status_and_type_count(site, http):
    assert pages.file(site.target(pages=None), http, "index.html") == "200, 1,936 bytes"


def test_the_page_is_asked_for_without_compression(site, http):
    site.change(
        "GET",
        "/",
        lambda answer: (
            answer if "Content-Encoding" not in answer.headers else replace(answer, status=500)
        ),
    )
    assert pages.file(site.target(), http, "index.html").startswith("200")


def test_other_bytes_fail(site, http):
    site.change("GET", "/", lambda answer: replace(answer, body=b"<h1>the old page</h1>"))
    found = failure(pages.file, site.target(), http, "index.html")
    assert found.detail.startswith("not the built file: sha256 ")
    assert found.tries is Tries.SETTLING


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
def test_a_type_that_browsers_refuse_fails(site, http, key, path, kind, detail):
    site.change("GET", path, lambda answer: answer.with_headers(Content_Type=kind))
    assert failure(pages.file, site.target(), http, key).detail == detail


@pytest.mark.parametrize(
    ("status", "tries"),
    [
        (403, Tries.SETTLING),
        (404, Tries.SETTLING),
        (301, Tries.SETTLING),
        (429, Tries.TRANSIENT),
        (503, Tries.TRANSIENT),
    ],
)
def test_another_status_fails(site, http, status, tries):
    site.change(
        "GET",
        "/",
        lambda answer: replace(answer, status=status).with_headers(Location="/elsewhere"),
    )
    found = failure(pages.file, site.target(), http, "index.html")
    assert (found.detail, found.tries) == (f"answered {status} instead of 200", tries)


def test_a_page_in_a_folder_is_asked_for_by_its_folder(site, http):
    assert pages.file(site.target(), http, "about/index.html") == "200, 14 bytes, the built file"
    assert site.requests == [("GET", "/about/")]


def test_the_compressed_page_is_the_same_page(site, http):
    assert pages.compressed(site.target(), http).startswith("200, 1,936 bytes sent as ")


def test_the_compressed_page_is_compared_with_the_plain_one_without_a_build(site, http):
    assert pages.compressed(site.target(pages=None), http).endswith("the same page")


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
    assert failure(pages.compressed, target, http).detail.startswith("not the built file")


def test_another_uncompressed_page_fails(site, http):
    site.compresses = False
    site.change("GET", "/", lambda answer: replace(answer, body=b"the old page"))
    assert failure(pages.compressed, site.target(), http).detail.startswith("not the built file")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"<p>not gzip", "does not decompress: Error -3"),
        (
            gzip.compress(b"cut off" * 99, mtime=0)[:-9],
            "does not decompress: the gzip stream is cut off or too large",
        ),
    ],
)
def test_broken_compression_fails(site, http, body, detail):
    site.change("GET", "/", lambda answer: replace(answer, body=body))
    assert failure(pages.compressed, site.target(), http).detail.startswith(detail)


def test_an_encoding_nobody_asked_for_fails(site, http):
    site.change("GET", "/", lambda answer: answer.with_headers(Content_Encoding="br"))
    assert (
        failure(pages.compressed, site.target(), http).detail
        == "sent as br, although only gzip was accepted"
    )


def test_a_missing_page_is_a_404_with_the_built_page(site, http):
    assert pages.missing(site.target(), http) == "404 with a page of 17 bytes, the built file"


def test_a_missing_page_is_another_one_each_time(site, http):
    pages.missing(site.target(), http)
    pages.missing(site.target(), http)
    assert len(set(site.requests)) == 2


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        ({"status": 200}, "answered 200 instead of 404"),
        ({"status": 403}, "answered 403 instead of 404"),
        ({"body": b" \n"}, "answered 404 without a page"),
        ({"body": b"<h1>another</h1>"}, "not the built file"),
        (
            {"headers": {"Content-Type": "application/xml"}},
            "content type is application/xml instead of text/html",
        ),
        ({"headers": {}}, "content type is missing instead of text/html"),
    ],
)
def test_a_dishonest_missing_page_fails(site, http, broken, detail):
    right = site.right
    site.right = lambda *arguments: replace(right(*arguments), **broken)
    assert failure(pages.missing, site.target(), http).detail.startswith(detail)


def test_without_an_error_page_of_its_own_any_page_will_do(site, http):
    assert pages.missing(Target(site.url, {}), http) == "404 with a page of 17 bytes"
