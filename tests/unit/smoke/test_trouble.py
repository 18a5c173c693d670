from __future__ import annotations

import errno
import os
import ssl

import pytest
from urllib3 import exceptions

from resumectl.smoke.check import Attempts, Unreachable
from resumectl.smoke.route import Route
from resumectl.smoke.trouble import incomplete, unreachable

ROUTE = Route("https", "example.com", 443)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def system(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def rejected(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (
            exceptions.ProxyError("", system(errno.ECONNREFUSED)),
            "cannot reach example.com:443 through the proxy: [Errno 111] Connection refused",
        ),
        (
            exceptions.NameResolutionError("example.com", None, OSError()),
            "no such host: example.com does not resolve",
        ),
        (
            caused(exceptions.NewConnectionError(None, ""), system(errno.ECONNREFUSED)),
            "connection refused: nothing is listening on example.com:443",
        ),
        (
            caused(exceptions.NewConnectionError(None, ""), system(errno.ENETUNREACH)),
            "no network route to example.com:443",
        ),
        (system(errno.EHOSTUNREACH), "no network route to example.com:443"),
        (
            caused(exceptions.NewConnectionError(None, ""), system(errno.EACCES)),
            "cannot connect to example.com:443: [Errno 13] Permission denied",
        ),
        (exceptions.ConnectTimeoutError(), "timed out connecting to example.com:443"),
        (
            exceptions.ReadTimeoutError(None, "/", ""),
            "connected to example.com:443, but timed out waiting for the response",
        ),
        (
            exceptions.ProtocolError("Connection aborted."),
            "example.com:443 closed the connection in the middle of the response",
        ),
        (
            exceptions.LocationParseError("x"),
            "request to example.com:443 failed: LocationParseError: Failed to parse: x",
        ),
    ],
)
def test_a_connection_error_is_transient_and_names_the_address(error, detail):
    mismatch = unreachable(error, ROUTE)
    assert (mismatch.detail, mismatch.attempts) == (detail, Attempts.TRANSIENT)
    assert isinstance(mismatch, Unreachable)
    cut_short = incomplete(error, ROUTE)
    assert (cut_short.detail, cut_short.attempts) == (detail, Attempts.TRANSIENT)
    assert not isinstance(cut_short, Unreachable)


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (rejected(10), "certificate rejected: certificate has expired"),
        (exceptions.SSLError(rejected(10)), "certificate rejected: certificate has expired"),
        (ssl.SSLError("no shared cipher"), "TLS handshake failed: "),
        (exceptions.SSLError("bad"), "TLS handshake failed: bad"),
    ],
)
def test_a_tls_error_is_retried_only_while_the_site_settles(error, detail):
    mismatch = unreachable(error, ROUTE)
    assert mismatch.detail.startswith(detail)
    assert mismatch.attempts is Attempts.SETTLING


@pytest.mark.parametrize(
    ("code", "own"),
    [
        *((code, False) for code in (2, 18, 19, 20, 21, 62)),
        *((code, True) for code in (9, 10, 23)),
    ],
)
def test_only_a_certificate_for_the_site_of_a_known_authority_is_its_own(code, own):
    for error in (rejected(code), exceptions.SSLError(rejected(code))):
        assert isinstance(unreachable(error, ROUTE), Unreachable) == (not own)


def test_a_handshake_that_fails_proves_nothing():
    assert isinstance(unreachable(ssl.SSLError("no shared cipher"), ROUTE), Unreachable)
