"""The HTTP client of the smoke test: verified TLS, no redirects, limits for time and size."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from resumectl.smoke.check import Mismatch
from resumectl.smoke.route import Route, route_to
from resumectl.smoke.trouble import incomplete, unreachable
from resumectl.smoke.trust import authorities

if TYPE_CHECKING:
    import urllib3

_CONNECT: Final = 5.0
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True)
class Response:
    """A response; its body is not decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, in any letter case; empty if it is missing."""
        return self.headers.get(name.lower(), "")


@dataclass(eq=False, kw_only=True)
class Http:
    """Connections to a few hosts, kept open and shared by all checks.

    Attributes:
        timeout: seconds until a response must be complete.
        limit: the largest body that is read, in bytes.
        ca_file: a file or folder of certificates to trust instead of the environment's, which are
            only looked at for an https:// URL.
        clock: a monotonic clock, in seconds.
    """

    timeout: float = 15.0
    limit: int = 16 * 1024 * 1024
    ca_file: Path | None = None
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _pools: dict[Route, urllib3.PoolManager] = field(default_factory=dict, init=False)
    _context: ssl.SSLContext | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for pool in self._pools.values():
                pool.clear()
            self._pools.clear()

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Send one request.

        Raises:
            Unreachable: nothing answered that is known to be the host.
            Mismatch: the response is not complete.
        """
        route = route_to(url)
        with _explained(route, unreachable):
            return self._exchange(route, method, url, headers or {})

    def certificate_end(self, url: str) -> float:
        """When the certificate of an https:// URL expires, in seconds since 1970.

        Raises:
            Unreachable: nothing answered that is known to be the host.
            Mismatch: browsers would reject the host's own certificate.
        """
        import ssl

        route = route_to(url)
        with _explained(route, unreachable):
            certificate = self._certificate(route)
        return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))

    def _exchange(
        self, route: Route, method: str, url: str, headers: Mapping[str, str]
    ) -> Response:
        import urllib3

        end = self.clock() + self.timeout
        common = {"User-Agent": "resumectl-smoke", "Accept-Encoding": "identity"}
        response = self._pool(route).urlopen(
            method,
            route.rewritten(url),
            headers={"Host": urlsplit(url).netloc, **common, **headers},
            timeout=urllib3.Timeout(connect=min(_CONNECT, self.timeout), read=self.timeout),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            with _explained(route, incomplete):
                body = self._body(response, end)
        except BaseException:
            response.close()
            raise
        received = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status, received, body)

    def _body(self, response: urllib3.BaseHTTPResponse, end: float) -> bytes:
        body = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > self.limit:
                raise Mismatch(f"the response is larger than {self.limit:,} bytes")
            if self.clock() > end:
                raise Mismatch(f"the response was not complete within {self.timeout:g} s")
        return bytes(body)

    def _pool(self, route: Route) -> urllib3.PoolManager:
        with self._lock:
            if route not in self._pools:
                self._pools[route] = self._new_pool(route)
            return self._pools[route]

    def _new_pool(self, route: Route) -> urllib3.PoolManager:
        import urllib3

        options: dict[str, Any] = {"maxsize": 32}
        if route.scheme == "https":
            options |= {"ssl_context": self._tls()}
            if route.server_name:
                options |= {"server_hostname": route.server_name}
        if route.proxy:
            return urllib3.ProxyManager(route.proxy, proxy_headers=route.proxy_headers, **options)
        return urllib3.PoolManager(**options)

    def _certificate(self, route: Route) -> Mapping[str, Any]:
        from urllib3.connection import HTTPSConnection
        from urllib3.util import parse_url

        proxy = parse_url(route.proxy) if route.proxy else None
        host, port = (proxy.host or "", proxy.port or 80) if proxy else (route.address, route.port)
        with self._lock:
            context = self._tls()
        connection = HTTPSConnection(
            host, port, timeout=_CONNECT, ssl_context=context, server_hostname=route.server_name
        )
        try:
            if proxy:
                connection.set_tunnel(route.host, route.port, headers=route.proxy_headers)
            connection.connect()
            return connection.sock.getpeercert() or {}  # type: ignore[union-attr]
        finally:
            connection.close()

    def _tls(self) -> ssl.SSLContext:
        """One context for all connections: loading the system's certificates takes 20 ms."""
        import ssl

        if self._context is None:
            trusted = self.ca_file or authorities()
            if trusted and trusted.is_dir():
                self._context = ssl.create_default_context(capath=trusted)
            else:
                self._context = ssl.create_default_context(cafile=trusted)
        return self._context


@contextmanager
def _explained(route: Route, explain: Callable[[Exception, Route], Mismatch]) -> Iterator[None]:
    """Raise a `Mismatch` in place of an error of urllib3, TLS or the operating system."""
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (HTTPError, OSError) as error:
        raise explain(error, route) from error
