from __future__ import annotations

import socket
import threading

import pytest

from resumectl.smoke.check import Unreachable
from resumectl.smoke.http import Http
from resumectl.smoke.route import route_to

from .playground import INDEX, opened, self_signed


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://site.cloudfront.localhost:4566/a", "127.0.0.1:4566"),
        ("http://localhost/", "127.0.0.1:80"),
        ("https://example.com/", "example.com:443"),
        ("http://notlocalhost/", "notlocalhost:80"),
    ],
)
def test_localhost_names_connect_to_loopback(url, address):
    assert str(route_to(url)) == address


def test_rewriting_keeps_path_and_query():
    route = route_to("http://site.localhost:4566/api/count?page=/_smoke")
    assert route.rewritten("http://site.localhost:4566/api/count?page=/_smoke") == (
        "http://127.0.0.1:4566/api/count?page=/_smoke"
    )


def test_the_proxy_of_the_environment_is_used(monkeypatch, http):
    with opened() as proxy:
        monkeypatch.setenv("http_proxy", f"http://ada:l%40ce@127.0.0.1:{proxy.port}")
        assert http.request("GET", "http://example.com/").body == INDEX
    assert route_to("http://example.com/").proxy_headers == {
        "proxy-authorization": "Basic YWRhOmxAY2U="
    }


@pytest.mark.parametrize(
    "url", ["http://a.localhost/", "http://127.0.0.1/", "http://inside.example.com/"]
)
def test_local_and_excluded_hosts_bypass_the_proxy(monkeypatch, url):
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("no_proxy", ".example.com")
    assert route_to(url).proxy is None


def test_https_uses_a_connect_tunnel(monkeypatch, tmp_path):
    ca, context = self_signed(tmp_path, days=90, host="example.com")
    with opened(context) as site, tunnel(site.port) as port, Http(ca_file=ca) as http:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        assert http.request("GET", "https://example.com/").body == INDEX
        assert http.certificate_end("https://example.com/") > 0


def test_an_unreachable_proxy_is_named(monkeypatch, http):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable) as caught:
        http.request("GET", "http://example.com/")
    assert caught.value.detail == "cannot reach example.com:80 through the proxy"


def test_a_proxy_that_refuses_is_quoted(monkeypatch, http):
    with tunnel(0, "403 Forbidden") as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(Unreachable) as caught:
            http.request("GET", "https://example.com/")
        with pytest.raises(Unreachable) as end:
            http.certificate_end("https://example.com/")
    refusal = "Tunnel connection failed: 403 Forbidden"
    route = "example.com:443"
    assert caught.value.detail == f"cannot reach {route} through the proxy: {refusal}"
    assert end.value.detail == f"cannot connect to {route}: {refusal}"


class tunnel:
    """A proxy that answers CONNECT and, unless it refuses, forwards everything to one port."""

    def __init__(self, port: int, answer: str = "200 Connection established") -> None:
        self.port, self.answer = port, answer
        self.listening = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self.serve, daemon=True).start()
        return self.listening.getsockname()[1]

    def __exit__(self, *_: object) -> None:
        self.listening.close()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            while not client.recv(4096).endswith(b"\r\n\r\n"):
                pass
            client.sendall(f"HTTP/1.1 {self.answer}\r\n\r\n".encode())
            if not self.port:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.port))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=pump, args=(source, sink), daemon=True).start()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
