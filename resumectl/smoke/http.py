"""A small HTTP client for checks: verified TLS, no redirects, no decoding, every wait and every body bounded."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from resumectl.smoke.check import Unreachable
from resumectl.smoke.route import Route, route
from resumectl.smoke.trouble import unreachable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import urllib3

_CONNECT: Final = 5.0
_ANSWER: Final = 15.0
_LIMIT: Final = 16 * 1024 * 1024
_PIECE: Final = 64 * 1024


@dataclass(frozen=True)
class Response:
    """An answer, its body just as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, whatever its case; empty when it is not there."""
        return self.headers.get(name.lower(), "")


class Http:
    """Connections to a few hosts, kept open and shared by all checks.

    Args:
        answer: seconds within which a whole answer must be there.
        limit: the largest body that is read, in bytes.
        ca_file: certificates to trust instead of the system's.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        *,
        answer: float = _ANSWER,
        limit: int = _LIMIT,
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answer = answer
        self._limit = limit
        self._ca_file = ca_file
        self._clock = clock
        self._lock = threading.Lock()
        self._pools: dict[Route, urllib3.PoolManager] = {}
        self._context: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.clear()
            self._pools.clear()

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Ask once.

        Raises:
            Unreachable: there was no whole answer.
        """
        from urllib3.exceptions import HTTPError

        way = route(url)
        try:
            return self._exchange(
                way, method, url, {"Accept-Encoding": "identity", **(headers or {})}
            )
        except (HTTPError, OSError) as error:
            raise unreachable(error, way) from error

    def certificate_end(self, url: str) -> float:
        """When the certificate of an https:// address stops being valid, in seconds since 1970.

        Raises:
            Unreachable: there was no answer, or the certificate is not one a browser would accept.
        """
        import ssl

        from urllib3.exceptions import HTTPError

        way = route(url)
        try:
            certificate = self._certificate(way)
        except (HTTPError, OSError) as error:
            raise unreachable(error, way) from error
        return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))

    def _exchange(self, way: Route, method: str, url: str, headers: Mapping[str, str]) -> Response:
        import urllib3

        end = self._clock() + self._answer
        response = self._pool(way).urlopen(
            method,
            way.rewritten(url),
            headers={"Host": urlsplit(url).netloc, "User-Agent": "resumectl-smoke", **headers},
            timeout=urllib3.Timeout(connect=min(_CONNECT, self._answer), read=self._answer),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            body = self._body(response, end)
        except BaseException:
            response.close()
            raise
        return Response(
            response.status, {name.lower(): value for name, value in response.headers.items()}, body
        )

    def _body(self, response: urllib3.BaseHTTPResponse, end: float) -> bytes:
        pieces = bytearray()
        while piece := response.read1(_PIECE, decode_content=False):
            pieces += piece
            if len(pieces) > self._limit:
                raise Unreachable(f"the answer is larger than {self._limit:,} bytes")
            if self._clock() > end:
                raise Unreachable(f"the answer was not complete within {self._answer:g} s")
        return bytes(pieces)

    def _pool(self, way: Route) -> urllib3.PoolManager:
        with self._lock:
            if way not in self._pools:
                self._pools[way] = self._opened(way)
            return self._pools[way]

    def _opened(self, way: Route) -> urllib3.PoolManager:
        import urllib3

        options: dict[str, Any] = {"maxsize": 32}
        if way.scheme == "https":
            options |= {"ssl_context": self._tls()}
        if way.scheme == "https" and way.server_name:
            options |= {"server_hostname": way.server_name}
        if way.proxy:
            return urllib3.ProxyManager(way.proxy, proxy_headers=way.proxy_headers, **options)
        return urllib3.PoolManager(**options)

    def _certificate(self, way: Route) -> Mapping[str, Any]:
        from urllib3.connection import HTTPSConnection
        from urllib3.util import parse_url

        proxy = parse_url(way.proxy) if way.proxy else None
        host, port = (proxy.host or "", proxy.port or 80) if proxy else (way.address, way.port)
        with self._lock:
            context = self._tls()
        connection = HTTPSConnection(
            host, port, timeout=_CONNECT, ssl_context=context, server_hostname=way.server_name
        )
        try:
            if proxy:
                connection.set_tunnel(way.host, way.port, headers=way.proxy_headers)
            connection.connect()
            return connection.sock.getpeercert() or {}  # type: ignore[union-attr]
        finally:
            connection.close()

    def _tls(self) -> ssl.SSLContext:
        """One context for all connections: reading the system's certificates takes 20 ms each time."""
        import ssl

        if self._context is None:
            self._context = ssl.create_default_context(cafile=self._ca_file)
        return self._context
