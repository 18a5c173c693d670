from __future__ import annotations

from dataclasses import replace

import pytest

from resumectl.smoke.check import Mismatch
from resumectl.smoke.headers import security_headers

from .playground import SECURITY


def failure(site, http) -> str:
    with pytest.raises(Mismatch) as caught:
        security_headers(site.target(), http)
    return caught.value.detail


def test_a_safe_site_passes(site, http):
    assert security_headers(site.target(), http) == "all 6 headers are set"


@pytest.mark.parametrize("name", sorted(set(SECURITY) - {"X-Frame-Options"}))
def test_each_missing_header_is_named(site, http, name):
    site.change("GET", "/", lambda answer: answer.without(name))
    assert failure(site, http) == f"{name.lower()} is missing"


@pytest.mark.parametrize("name", ["X-Frame-Options", "Content-Security-Policy"])
def test_either_way_to_deny_framing_passes(site, http, name):
    policy = {
        "X-Frame-Options": SECURITY["Content-Security-Policy"],
        "Content-Security-Policy": "default-src 'self'",
    }
    site.change(
        "GET",
        "/",
        lambda answer: answer.without(
            "X-Frame-Options" if name == "X-Frame-Options" else "-"
        ).with_headers(Content_Security_Policy=policy[name]),
    )
    assert security_headers(site.target(), http)


@pytest.mark.parametrize("framing", [None, "ALLOWALL"])
def test_a_site_that_may_be_framed_fails(site, http, framing):
    def framed(answer):
        bare = answer.without("X-Frame-Options").with_headers(
            Content_Security_Policy="default-src 'self'"
        )
        return bare.with_headers(X_Frame_Options=framing) if framing else bare

    site.change("GET", "/", framed)
    assert failure(site, http).startswith("framing is allowed")


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("Strict-Transport-Security", "max-age=0", "strict-transport-security is disabled"),
        (
            "Strict-Transport-Security",
            "includeSubDomains",
            "strict-transport-security is disabled",
        ),
        (
            "Content-Security-Policy",
            "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
            "content-security-policy allows 'unsafe-inline'",
        ),
        (
            "Content-Security-Policy",
            "default-src 'self'; style-src 'Unsafe-Inline'",
            "content-security-policy allows 'unsafe-inline'",
        ),
        (
            "Content-Security-Policy",
            "frame-ancestors 'none'",
            "content-security-policy does not restrict scripts",
        ),
        ("X-Content-Type-Options", "sniff", "x-content-type-options is 'sniff' instead of nosniff"),
        ("Referrer-Policy", "unsafe-url", "referrer-policy sends the full URL to every site"),
        ("Permissions-Policy", " ", "permissions-policy is missing"),
    ],
)
def test_a_value_that_protects_nobody_fails(site, http, name, value, detail):
    site.change("GET", "/", lambda answer: answer.with_headers(**{name.replace("-", "_"): value}))
    assert failure(site, http).startswith(detail)


def test_every_problem_is_named(site, http):
    site.change("GET", "/", lambda answer: replace(answer, headers={}))
    assert failure(site, http).count("is missing") == 5


def test_the_headers_of_an_error_page_do_not_count(site, http):
    site.change("GET", "/", lambda answer: replace(answer, status=503))
    assert failure(site, http) == "returned 503 instead of 200"
