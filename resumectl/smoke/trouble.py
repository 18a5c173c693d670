"""Why there was no response, in one line. Errors are classified by class and errno, not by text."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from resumectl.smoke.check import Attempts, Unreachable

if TYPE_CHECKING:
    from resumectl.smoke.route import Route

_BY_ERRNO: Final = {
    errno.ECONNREFUSED: "connection refused: nothing is listening on {route}",
    errno.ENETUNREACH: "no network route to {route}",
    errno.EHOSTUNREACH: "no network route to {route}",
}


def unreachable(error: Exception, route: Route) -> Unreachable:
    """Describe an error of urllib3, TLS or the operating system."""
    import ssl

    from urllib3 import exceptions

    if isinstance(error, exceptions.SSLError | ssl.SSLError):
        return Unreachable(_tls(error), Attempts.SETTLING)
    details = (  # subclasses first
        (exceptions.ProxyError, f"cannot reach {route} through the proxy"),
        (exceptions.NameResolutionError, f"no such host: {route.host} does not resolve"),
        (exceptions.NewConnectionError, _system(error.__cause__, route)),
        (exceptions.ConnectTimeoutError, f"timed out connecting to {route}"),
        (exceptions.TimeoutError, f"connected to {route}, but timed out waiting for the response"),
        (exceptions.ProtocolError, f"{route} closed the connection in the middle of the response"),
        (OSError, _system(error, route)),
        (Exception, f"request to {route} failed: {type(error).__name__}: {error}"),
    )
    return Unreachable(
        next(detail for kind, detail in details if isinstance(error, kind)), Attempts.TRANSIENT
    )


def _system(cause: BaseException | None, route: Route) -> str:
    number = cause.errno if isinstance(cause, OSError) else None
    return _BY_ERRNO.get(number or 0, f"cannot connect to {{route}}: {cause}").format(route=route)


def _tls(error: Exception) -> str:
    """The sentence that OpenSSL has for the error, such as `certificate has expired`."""
    import ssl

    cause = error if isinstance(error, ssl.SSLError) else next(iter(error.args), error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate rejected: {cause.verify_message}"
    return f"TLS handshake failed: {getattr(cause, 'reason', None) or cause}"
