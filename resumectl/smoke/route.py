"""The way to a host: names under localhost by address, others directly or through the proxy of the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Route:
    """Where to connect for one host of a URL.

    Args:
        scheme: http or https.
        host: the name in the URL, which the Host header and the certificate carry.
        port: the port in the URL, or the scheme's own.
        proxy: the address of a proxy to go through, or None.
    """

    scheme: str
    host: str
    port: int
    proxy: str | None = None
    proxy_headers: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def address(self) -> str:
        """What to connect to: browsers resolve every name under localhost themselves, many system resolvers do not."""
        return _LOOPBACK if _under_localhost(self.host) else self.host

    @property
    def server_name(self) -> str | None:
        """The name the certificate must carry, where that is not the address connected to."""
        return self.host if self.address != self.host else None

    def rewritten(self, url: str) -> str:
        """The same URL with the address connected to in place of the name."""
        return (
            url
            if self.address == self.host
            else urlunsplit(urlsplit(url)._replace(netloc=str(self)))
        )

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


def route(url: str) -> Route:
    """The way to the host of `url`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = _proxy(parts.scheme, host)
    return Route(parts.scheme, host, port, proxy, _credentials(proxy) if proxy else {})


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that curl, boto3 and Terraform would use as well."""
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
