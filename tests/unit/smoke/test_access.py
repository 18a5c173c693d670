from __future__ import annotations

import re
from dataclasses import replace

import pytest

from resumectl.smoke import access
from resumectl.smoke.check import Attempts, Mismatch, Unreachable
from resumectl.smoke.http import Http

from .playground import HOST, opened, self_signed


def failure(probe, *arguments) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        probe(*arguments)
    return caught.value


@pytest.fixture
def redirect(site, tmp_path):
    """Checks the redirect of a site whose certificate is valid for so many days."""

    def check(status=301, location=f"https://{HOST}/", days=90.0, trusted=True) -> str:
        moved = {"Location": location}
        site.change("GET", "/", lambda right: replace(right, status=status).with_headers(**moved))
        ca, context = self_signed(tmp_path, days=days)
        with opened(context) as secure, Http(ca_file=ca if trusted else None) as http:
            return access.redirect(secure.target(plain_url=f"{site.url}/"), http)

    return check


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_to_https_passes(redirect, status):
    assert redirect(status) == f"{status} to https://{HOST}/"


def test_a_redirect_may_include_the_port(redirect):
    assert redirect(location=f"https://{HOST}:443/")


@pytest.mark.parametrize(
    ("status", "location", "detail"),
    [
        (200, "", "returned 200 instead of 301"),
        (302, f"https://{HOST}/", "returned 302 instead of 301"),
        (403, "", "returned 403 instead of 301"),
        (301, "", f"redirects to nowhere instead of https://{HOST}/"),
        (301, f"http://{HOST}/", f"redirects to http://{HOST}/ instead of https://{HOST}/"),
        (
            301,
            f"https://{HOST}.evil.org/",
            f"redirects to https://{HOST}.evil.org/ instead of",
        ),
    ],
)
def test_plain_http_without_a_permanent_redirect_to_https_fails(redirect, status, location, detail):
    mismatch = failure(redirect, status, location)
    assert mismatch.detail.startswith(detail)
    assert not isinstance(mismatch, Unreachable)


@pytest.mark.parametrize("status", [301, 302, 403])
def test_an_answer_over_plain_http_alone_proves_nothing(redirect, status):
    def intercepted() -> str:
        return redirect(status, trusted=False)

    assert isinstance(failure(intercepted), Unreachable)


def test_an_expired_certificate_is_left_to_its_own_check(redirect):
    assert redirect(days=-1) == f"301 to https://{HOST}/"


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
    ],
)
def test_a_bucket_that_returns_anything_but_403_fails(site, http, status, detail):
    site.bucket_status = status
    assert failure(access.bucket, http, f"{site.url}/bucket/index.html").detail == detail


def test_a_storage_that_is_down_says_nothing_about_the_bucket(site, http):
    site.bucket_status = 503
    mismatch = failure(access.bucket, http, f"{site.url}/bucket/index.html")
    assert (mismatch.detail, mismatch.attempts) == ("S3 returned 503", Attempts.TRANSIENT)
    assert isinstance(mismatch, Unreachable)
