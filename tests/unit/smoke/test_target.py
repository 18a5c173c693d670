from __future__ import annotations

import pytest

from resumectl.errors import SettingsError
from resumectl.smoke.target import Target, path_of


@pytest.mark.parametrize(
    "url", ["", "example.com", "ftp://example.com", "https://", "file:///etc/passwd"]
)
def test_an_invalid_url_is_refused_with_an_example(url):
    with pytest.raises(SettingsError) as caught:
        Target(url)
    assert repr(url) in caught.value.message
    assert "https://example.com" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "base", "host", "secure", "plain"),
    [
        ("https://example.com/", "https://example.com", "example.com", True, "http://example.com/"),
        (
            "http://a.localhost:4566",
            "http://a.localhost:4566",
            "a.localhost",
            False,
            "http://a.localhost/",
        ),
        (
            "https://example.com/me/",
            "https://example.com/me",
            "example.com",
            True,
            "http://example.com/",
        ),
    ],
)
def test_the_parts_of_a_url(url, base, host, secure, plain):
    target = Target(url)
    assert (target.base, target.host, target.secure, target.plain) == (base, host, secure, plain)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("index.html", "/"),
        ("about/index.html", "/about/"),
        ("myindex.html", "/myindex.html"),
        ("assets/a b+c.css", "/assets/a%20b%2Bc.css"),
        ("404.html", "/404.html"),
    ],
)
def test_a_key_maps_to_its_url_path(key, path):
    assert path_of(key) == path


@pytest.mark.parametrize("key", ["index.html", "/", "/index.html"])
def test_digests_are_found_by_key_or_by_path(key):
    assert Target("https://example.com", {key: "abc"}).sha256("index.html") == "abc"


def test_without_a_build_there_are_no_digests_and_no_sample():
    assert Target("https://example.com").sha256("index.html") is None
    assert Target("https://example.com").sample() == ()


def test_the_sample_has_one_file_of_each_text_format_most_important_first():
    names = (
        "b.js",
        "a.js",
        "index.html",
        "404.html",
        "z.html",
        "y/index.html",
        "s.css",
        "me.jpg",
        "film.mp4",
        "robots.txt",
    )
    assert Target("https://example.com", dict.fromkeys(names, "")).sample() == (
        "y/index.html",
        "s.css",
        "a.js",
        "robots.txt",
    )
