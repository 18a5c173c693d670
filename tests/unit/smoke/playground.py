"""A real site on a loopback port that behaves until a test tells it to misbehave."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import ssl
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from resumectl.smoke.pace import Pace
from resumectl.smoke.target import Target

if TYPE_CHECKING:
    from pathlib import Path

HOST = "site.localhost"
INDEX = b"<!doctype html><title>Resume</title>" + b"<p>Ada Lovelace</p>" * 100
FILES = {
    "/": ("text/html; charset=utf-8", INDEX),
    "/about/": ("text/html; charset=utf-8", b"<h1>About</h1>"),
    "/404.html": ("text/html; charset=utf-8", b"<h1>Not here</h1>"),
    "/assets/site.css": ("text/css; charset=utf-8", b"body{}"),
    "/assets/site.js": ("text/javascript; charset=utf-8", b"count()"),
}
SECURITY = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=()",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    length: int | None = None  # a wrong Content-Length
    stall: bool = False  # stop before the last byte, until the site closes
    silent: bool = False  # say nothing at all, until the site closes

    def with_headers(self, **headers: str) -> Answer:
        return replace(
            self, headers={**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        )

    def without(self, name: str) -> Answer:
        return replace(
            self, headers={k: v for k, v in self.headers.items() if k.lower() != name.lower()}
        )


Change = Callable[[Answer], Answer]


@dataclass
class Playground:
    """A site and its counter.

    Attributes:
        changes: faults: changes of the right answer, by method and path.
        error_first: how many requests fail with a 500 before the site recovers.
        step: what a visit does to the count.
    """

    port: int = 0
    scheme: str = "http"
    count: int = 41
    bucket_status: int = 403
    compresses: bool = True
    error_first: int = 0
    changes: dict[tuple[str, str], Change] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    step: Callable[[int], int] = lambda count: count + 1

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HOST}:{self.port}"

    def target(self, **fields: object) -> Target:
        known = {"url": self.url, "pages": PAGES, "bucket_url": f"{self.url}/bucket/index.html"}
        return Target(**{**known, **fields})  # type: ignore[arg-type]

    def change(self, method: str, path: str, change: Change) -> None:
        self.changes[method, path] = change

    def answer(self, method: str, url: str, accepted: str) -> Answer:
        path = urlsplit(url).path
        with self.lock:
            self.requests.append((method, path))
            if len(self.requests) <= self.error_first:
                return Answer(500, {"Content-Type": "text/plain"}, b"internal error")
            right = self.right(method, url, accepted)
        return self.changes.get((method, path), lambda answer: answer)(right)

    def right(self, method: str, url: str, accepted: str) -> Answer:
        path = urlsplit(url).path
        if path == "/api/count":
            return self.counter(method, parse_qs(urlsplit(url).query).get("page", ["/"])[0])
        if path.startswith("/bucket/"):
            return Answer(self.bucket_status, {"Content-Type": "application/xml"}, b"<Error/>")
        kind, body = FILES.get(path, FILES["/404.html"])
        headers = {"Content-Type": kind, **SECURITY}
        if self.compresses and "gzip" in accepted:
            headers, body = {**headers, "Content-Encoding": "gzip"}, gzip.compress(body)
        return Answer(200 if path in FILES else 404, headers, body)

    def counter(self, method: str, page: str) -> Answer:
        if method not in ("GET", "POST"):
            return _json(405, {"error": "method not allowed"}).with_headers(Allow="GET, POST")
        if not re.fullmatch(r"/[A-Za-z0-9/_.-]{0,199}", page):
            return _json(400, {"error": "not a page"})
        self.count = self.step(self.count) if method == "POST" else self.count
        return _json(200, {"page": page, "count": self.count})


PAGES = {
    key: hashlib.sha256(FILES[path][1]).hexdigest()
    for key, path in {
        "index.html": "/",
        "about/index.html": "/about/",
        "404.html": "/404.html",
        "assets/site.css": "/assets/site.css",
        "assets/site.js": "/assets/site.js",
    }.items()
}


class Clock:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, _event: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def pace(self, settle: float = 0.0, jitter: float = 1.0) -> Pace:
        return Pace(settle, clock=self, jitter=lambda: jitter, wait=self.wait)


@contextmanager
def opened(context: ssl.SSLContext | None = None):
    """A playground on a free port, with HTTPS when given a context."""
    site = Playground(scheme="https" if context else "http")
    server = _Server(("127.0.0.1", 0), _handler(site))
    site.port = server.server_address[1]
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def self_signed(folder: Path, *, days: float, host: str = HOST) -> tuple[Path, ssl.SSLContext]:
    """A certificate that expires in `days`, and a server context that presents it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=90))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return pem, context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # all checks connect at once


def _json(status: int, value: dict[str, object]) -> Answer:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Answer(status, headers, json.dumps(value).encode())


def _handler(site: Playground) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            site.hosts.append(self.headers["Host"])
            answer = site.answer(self.command, self.path, self.headers.get("Accept-Encoding", ""))
            if answer.silent:
                site.closing.wait()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header(
                "Content-Length", str(len(answer.body) if answer.length is None else answer.length)
            )
            self.end_headers()
            if answer.stall:
                self.wfile.write(answer.body[:-1])
                site.closing.wait()
            self.wfile.write(answer.body[-1:] if answer.stall else answer.body)
            self.close_connection = answer.length is not None

        do_POST = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Stay silent: tests read `site.requests`."""

    return Handler
