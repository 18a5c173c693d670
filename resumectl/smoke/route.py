"""How to reach a host: loopback for localhost names, otherwise directly or through a proxy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Route:
    """Where to connect for the host of a URL.

    The host is the name in the URL, as in the Host header and the certificate. `proxy_headers` are
    the proxy's credentials.
    """

    scheme: str
    host: str
    port: int
    proxy: str | None = None
    proxy_headers: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def address(self) -> str:
        """What to connect to: browsers resolve *.localhost themselves, many resolvers do not."""
        return _LOOPBACK if _under_localhost(self.host) else self.host

    @property
    def server_name(self) -> str | None:
        """The name that the certificate must carry; None if it is the address."""
        return self.host if self.address != self.host else None

    def rewritten(self, url: str) -> str:
        """The URL with the address in place of the host name."""
        if self.address == self.host:
            return url
        return urlunsplit(urlsplit(url)._replace(netloc=str(self)))

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


def route_to(url: str) -> Route:
    """The route to the host of `url`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = _proxy(parts.scheme, host)
    return Route(parts.scheme, host, port, proxy, _credentials(proxy) if proxy else {})


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that curl, boto3 and Terraform would use, too."""
    from urllib.request import getproxies, proxy_bypass

    if _under_localhost(host) or host in (_LOOPBACK, "::1") or proxy_bypass(host):
        return None
    return getproxies().get(scheme)


def _credentials(proxy: str) -> dict[str, str]:
    import urllib3

    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    basic = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return dict(urllib3.make_headers(proxy_basic_auth=basic))


def _under_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")
