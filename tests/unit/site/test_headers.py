"""Content-Type and Cache-Control of every kind of file."""

from __future__ import annotations

import pytest

from resumectl.settings import CacheRule
from resumectl.site.headers import (
    ASSET,
    IMMUTABLE,
    PAGE,
    cache_control,
    content_type,
    is_fingerprinted,
    matches,
)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("A/INDEX.HTM", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("robots.txt", "text/plain; charset=utf-8"),
        (".well-known/security.txt", "text/plain; charset=utf-8"),
        ("a.vcf", "text/vcard; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.js.map", "application/json"),
        ("a.wasm", "application/wasm"),
        ("a.woff2", "font/woff2"),
        ("a.avif", "image/avif"),
        ("a.webp", "image/webp"),
        ("favicon.ico", "image/vnd.microsoft.icon"),
        ("resume.pdf", "application/pdf"),
        ("sitemap.xml", "application/xml"),
        ("a.tar.gz", "application/gzip"),
        (".well-known/apple-app-site-association", "application/json"),
        ("LICENSE", "text/plain; charset=utf-8"),
        ("html", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
    ],
)
def test_the_content_type_follows_from_the_name(key, expected):
    assert content_type(key) == expected


@pytest.mark.parametrize(
    "key",
    [
        "app.8e0d62a0.js",
        "assets/main-6f4d1b1e7a4a6b0f.css",
        "main.min.0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d.css",
        "assets/index-BnT5a8Xk.js",
        "app-5XJ2CVFK.js",
        "app.8e0d62a0.js.map",
        "photo.deadbeef.jpg",
    ],
)
def test_a_fingerprint_in_the_name_makes_it_immutable(key):
    assert is_fingerprinted(key)
    assert cache_control(key) == IMMUTABLE


@pytest.mark.parametrize(
    "key",
    [
        "app.js",
        "8e0d62a0.js",
        "photo-20240101.jpg",
        "resume-portfolio.pdf",
        "resume-JohnDoe1.pdf",
        "resume-2024Oct1.pdf",
        "jquery-mainPage.js",
        "app-VERSION2.js",
        "app.8e0d6.js",
        "8e0d62a08e0d62a0/app.js",
    ],
)
def test_dates_and_words_are_not_fingerprints(key):
    assert not is_fingerprinted(key)
    assert cache_control(key) == ASSET


@pytest.mark.parametrize(
    "key", ["index.html", "404.html", "a/b/index.htm", "post.8e0d62a0.html", "a.xhtml"]
)
def test_pages_are_always_revalidated(key):
    assert cache_control(key) == PAGE


def test_the_first_matching_rule_of_the_user_wins_over_the_defaults():
    rules = (CacheRule("fonts/*", "a"), CacheRule("*.html", "b"), CacheRule("*", "c"))
    keys = ("fonts/x.html", "deep/down/index.html", "app.8e0d62a0.js")
    assert [cache_control(key, rules) for key in keys] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("glob", "key", "expected"),
    [
        ("*.html", "a/b.html", True),
        ("assets/*", "assets/deep/a.css", True),
        ("/index.html", "index.html", True),
        ("index.html", "a/index.html", False),
        ("**/index.html", "index.html", True),
        ("**/index.html", "a/b/index.html", True),
        ("*.HTML", "a.html", False),
        ("a?.css", "ab.css", True),
        ("a[bc].css", "ac.css", True),
    ],
)
def test_a_glob_matches_as_in_cloudfront(glob, key, expected):
    assert matches(glob, key) is expected
