from __future__ import annotations

import re
from dataclasses import replace

import pytest

from resumectl.smoke import access
from resumectl.smoke.check import Attempts, Mismatch
from resumectl.smoke.http import Http
from resumectl.smoke.target import Target

from .playground import opened, self_signed


def failure(probe, *arguments) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        probe(*arguments)
    return caught.value


def redirecting(site, status=301, location="https://example.com/") -> Target:
    site.change(
        "GET", "/", lambda answer: replace(answer, status=status).with_headers(Location=location)
    )
    return Target("https://example.com", plain_url=f"{site.url}/")


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_to_https_passes(site, http, status):
    assert access.redirect(redirecting(site, status), http) == f"{status} to https://example.com/"


def test_a_redirect_may_include_the_port(site, http):
    assert access.redirect(redirecting(site, location="https://example.com:443/"), http)


@pytest.mark.parametrize(
    ("status", "location", "detail"),
    [
        (200, "", "returned 200 instead of 301"),
        (302, "https://example.com/", "returned 302 instead of 301"),
        (403, "", "returned 403 instead of 301"),
        (301, "", "redirects to nowhere instead of https://example.com/"),
        (
            301,
            "http://example.com/",
            "redirects to http://example.com/ instead of https://example.com/",
        ),
        (
            301,
            "https://example.com.evil.org/",
            "redirects to https://example.com.evil.org/ instead of",
        ),
    ],
)
def test_plain_http_without_a_permanent_redirect_to_https_fails(
    site, http, status, location, detail
):
    assert failure(access.redirect, redirecting(site, status, location), http).detail.startswith(
        detail
    )


@pytest.fixture
def certified(tmp_path):
    def check(days: float) -> str:
        ca, context = self_signed(tmp_path, days=days)
        with opened(context) as site, Http(ca_file=ca) as http:
            return access.certificate(site.target(), http)

    return check


def test_the_detail_shows_the_days_left(certified):
    assert re.fullmatch(r"valid for 90 more days, until \d{4}-\d\d-\d\d", certified(90.5))


@pytest.mark.parametrize("days", [0, 1, 13])
def test_a_certificate_about_to_expire_fails_for_good(certified, days):
    mismatch = failure(certified, days + 0.5)
    assert mismatch.detail.startswith(f"valid for {days} more days, until ")
    assert mismatch.attempts is Attempts.FINAL


def test_a_certificate_with_two_weeks_left_passes(certified):
    assert certified(14.5).startswith("valid for 14 more days")


def test_an_expired_certificate_fails(certified):
    assert failure(certified, -1).detail == "certificate rejected: certificate has expired"


def test_a_private_bucket_passes(site, http):
    assert access.bucket(http, f"{site.url}/bucket/index.html") == "403 for an anonymous read"


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (200, "the bucket is public: an anonymous read returned 200 instead of 403"),
        (404, "returned 404 instead of 403"),
        (301, "returned 301 instead of 403"),
        (503, "returned 503 instead of 403"),
    ],
)
def test_a_bucket_that_returns_anything_but_403_fails(site, http, status, detail):
    site.bucket_status = status
    assert failure(access.bucket, http, f"{site.url}/bucket/index.html").detail == detail
