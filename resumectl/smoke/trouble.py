"""Why there was no response, in one line. Errors are classified by class and code, not by text."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from resumectl.smoke.check import Attempts, Mismatch, Unreachable

if TYPE_CHECKING:
    from resumectl.smoke.route import Route

_BY_ERRNO: Final = {
    errno.ECONNREFUSED: "connection refused: nothing is listening on {route}",
    errno.ENETUNREACH: "no network route to {route}",
    errno.EHOSTUNREACH: "no network route to {route}",
}
_STRANGERS: Final = frozenset({2, 18, 19, 20, 21, 62, 64})
"""OpenSSL's codes (X509_V_ERR_*) for a certificate of an unknown authority or for another name.

Somebody between here and the site answered: a proxy that inspects TLS, a captive portal, or the
host that the name pointed to before. Any other code is about the site's own certificate.
"""


def unreachable(error: Exception, route: Route) -> Mismatch:
    """Describe an error of urllib3, TLS or the operating system before there was a response."""
    import ssl

    from urllib3 import exceptions

    if isinstance(error, exceptions.SSLError | ssl.SSLError):
        kind = Mismatch if _is_own_certificate(error) else Unreachable
        return kind(_tls(error), Attempts.SETTLING)
    return Unreachable(_detail(error, route), Attempts.TRANSIENT)


def incomplete(error: Exception, route: Route) -> Mismatch:
    """Describe an error in the middle of a response."""
    return Mismatch(_detail(error, route), Attempts.TRANSIENT)


def _detail(error: Exception, route: Route) -> str:
    from urllib3 import exceptions

    details = (  # subclasses first
        (exceptions.ProxyError, f"cannot reach {route} through the proxy{_reason(error)}"),
        (exceptions.NameResolutionError, f"no such host: {route.host} does not resolve"),
        (exceptions.NewConnectionError, _system(error.__cause__, route)),
        (exceptions.ConnectTimeoutError, f"timed out connecting to {route}"),
        (exceptions.TimeoutError, f"connected to {route}, but timed out waiting for the response"),
        (exceptions.ProtocolError, f"{route} closed the connection in the middle of the response"),
        (OSError, _system(error, route)),
        (Exception, f"request to {route} failed: {type(error).__name__}: {error}"),
    )
    return next(detail for kind, detail in details if isinstance(error, kind))


def _reason(error: Exception) -> str:
    """What the proxy said, such as `Tunnel connection failed: 403 Forbidden`."""
    cause = getattr(error, "original_error", None)
    return f": {cause}" if isinstance(cause, OSError) else ""


def _system(cause: BaseException | None, route: Route) -> str:
    number = cause.errno if isinstance(cause, OSError) else None
    return _BY_ERRNO.get(number or 0, f"cannot connect to {{route}}: {cause}").format(route=route)


def _is_own_certificate(error: Exception) -> bool:
    """Whether the site proved who it is, with a certificate that browsers still reject."""
    import ssl

    cause = _cause(error)
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return False
    return cause.verify_code not in _STRANGERS


def _cause(error: Exception) -> object:
    import ssl

    return error if isinstance(error, ssl.SSLError) else next(iter(error.args), error)


def _tls(error: Exception) -> str:
    """The sentence that OpenSSL has for the error, such as `certificate has expired`."""
    import ssl

    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate rejected: {cause.verify_message}"
    return f"TLS handshake failed: {getattr(cause, 'reason', None) or cause}"
