"""Checks of what surrounds the site: the redirect to HTTPS, the certificate, the private bucket."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from resumectl.smoke.check import Attempts, Mismatch, Unreachable
from resumectl.smoke.pages import expect

if TYPE_CHECKING:
    from resumectl.smoke.http import Http
    from resumectl.smoke.target import Target

_MIN_DAYS: Final = 14
"""ACM renews a certificate 60 days before it expires, so one with two weeks left is stuck."""
_DAY: Final = 86_400
_PERMANENT: Final = (301, 308)


def redirect(target: Target, http: Http) -> str:
    """Plain HTTP redirects permanently to HTTPS on the same host."""
    _see(target, http)
    response = http.request("GET", target.plain)
    location = response.header("Location")
    if response.status not in _PERMANENT:
        expect(response, _PERMANENT[0])
    if not location.startswith((f"https://{target.host}/", f"https://{target.host}:")):
        raise Mismatch(f"redirects to {location or 'nowhere'} instead of https://{target.host}/")
    return f"{response.status} to {location}"


def _see(target: Target, http: Http) -> None:
    """Make sure that the site is visible: over plain HTTP, anything on the way can answer for it.

    Raises:
        Unreachable: it is not.
    """
    try:
        http.certificate_end(target.url)
    except Unreachable:
        raise
    except Mismatch:
        return  # the check of the certificate reports it


def certificate(target: Target, http: Http) -> str:
    """The certificate is valid for the host and not about to expire."""
    end = http.certificate_end(target.url)
    days = int((end - time.time()) // _DAY)
    detail = f"valid for {days} more days, until {datetime.fromtimestamp(end, UTC):%Y-%m-%d}"
    if days < _MIN_DAYS:
        raise Mismatch(f"{detail}: it should have been renewed by now", Attempts.FINAL)
    return detail


def bucket(http: Http, url: str) -> str:
    """The bucket refuses direct anonymous reads."""
    response = http.request("GET", url)
    if response.status >= 500:  # noqa: PLR2004
        raise Unreachable(f"S3 returned {response.status}", Attempts.TRANSIENT)
    if response.status == 200:  # noqa: PLR2004
        raise Mismatch("the bucket is public: an anonymous read returned 200 instead of 403")
    expect(response, 403)
    return "403 for an anonymous read"
