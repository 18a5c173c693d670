from __future__ import annotations

import re
from dataclasses import replace

import pytest

from resumectl.smoke import Http, Target, access
from resumectl.smoke.check import Mismatch, Tries

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
def test_a_redirect_for_good_passes(site, http, status):
    assert access.redirect(redirecting(site, status), http) == f"{status} to https://example.com/"


def test_a_redirect_may_name_the_port(site, http):
    assert access.redirect(redirecting(site, location="https://example.com:443/"), http)


@pytest.mark.parametrize(
    ("status", "location", "detail"),
    [
        (200, "", "answered 200 instead of 301"),
        (302, "https://example.com/", "answered 302 instead of 301"),
        (403, "", "answered 403 instead of 301"),
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
def test_plain_http_that_does_not_lead_to_https_fails(site, http, status, location, detail):
    assert failure(access.redirect, redirecting(site, status, location), http).detail.startswith(
        detail
    )


@pytest.fixture
def certified(tmp_path):
    def probed(days: float) -> str:
        ca, context = self_signed(tmp_path, days=days)
        with opened(context) as site, Http(ca_file=ca) as http:
            return access.certificate(site.target(), http)

    return probed


def test_the_days_left_are_told(certified):
    assert re.fullmatch(r"valid for 90 more days, until \d{4}-\d\d-\d\d", certified(90.5))


@pytest.mark.parametrize("days", [0, 1, 13])
def test_a_certificate_that_should_have_been_renewed_fails(certified, days):
    found = failure(certified, days + 0.5)
    assert found.detail.startswith(f"valid for {days} more days, until ")
    assert found.tries is Tries.FINAL


def test_a_certificate_with_two_weeks_left_passes(certified):
    assert certified(14.5).startswith("valid for 14 more days")


def test_an_expired_certificate_fails(certified):
    assert failure(certified, -1).detail == "certificate refused: certificate has expired"


def test_a_closed_bucket_passes(site, http):
    assert access.bucket(http, f"{site.url}/bucket/index.html") == "403 to an anonymous read"


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (200, "the bucket is public: it answered an anonymous read with 200 instead of 403"),
        (404, "answered 404 instead of 403"),
        (301, "answered 301 instead of 403"),
        (503, "answered 503 instead of 403"),
    ],
)
def test_a_bucket_that_does_not_refuse_fails(site, http, status, detail):
    site.bucket_status = status
    assert failure(access.bucket, http, f"{site.url}/bucket/index.html").detail == detail
