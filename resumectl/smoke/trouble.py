"""Why there was no answer, in a person's words. Told apart by class and by errno, never by text."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from resumectl.smoke.check import Tries, Unreachable

if TYPE_CHECKING:
    from resumectl.smoke.route import Route

_WORDS: Final = {
    errno.ECONNREFUSED: "connection refused: nothing listens at {way}",
    errno.ENETUNREACH: "no network: there is no way to {way}",
    errno.EHOSTUNREACH: "no network: there is no way to {way}",
}


def unreachable(error: Exception, way: Route) -> Unreachable:
    """One plain line for an error of urllib3, of TLS or of the operating system."""
    import ssl

    from urllib3 import exceptions

    if isinstance(error, exceptions.SSLError | ssl.SSLError):
        return Unreachable(_of_tls(error), Tries.SETTLING)
    words = (
        (exceptions.ProxyError, f"the proxy did not let us through to {way}"),
        (exceptions.NameResolutionError, f"no such host: {way.host} does not resolve"),
        (exceptions.NewConnectionError, _of_system(error.__cause__, way)),
        (exceptions.ConnectTimeoutError, f"no answer: connecting to {way} took too long"),
        (exceptions.TimeoutError, f"connected to {way}, but no answer came in time"),
        (exceptions.ProtocolError, f"{way} closed the connection before the whole answer was sent"),
        (OSError, _of_system(error, way)),
        (Exception, f"no usable answer from {way}: {type(error).__name__}: {error}"),
    )
    return Unreachable(
        next(text for kind, text in words if isinstance(error, kind)), Tries.TRANSIENT
    )


def _of_system(cause: BaseException | None, way: Route) -> str:
    number = cause.errno if isinstance(cause, OSError) else None
    return _WORDS.get(number or 0, f"no connection to {{way}}: {cause}").format(way=way)


def _of_tls(error: Exception) -> str:
    """`certificate has expired` instead of OpenSSL's name for it."""
    import ssl

    cause = error if isinstance(error, ssl.SSLError) else next(iter(error.args), error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate refused: {cause.verify_message}"
    return f"no secure connection: {getattr(cause, 'reason', None) or cause}"
