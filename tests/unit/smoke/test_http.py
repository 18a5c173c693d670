from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from resumectl.smoke import Http
from resumectl.smoke.check import Tries, Unreachable

from .playground import INDEX, opened, self_signed


def failure(http, url) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        http.request("GET", url)
    return caught.value


def test_an_answer_has_a_status_headers_of_any_case_and_a_body(site, http):
    response = http.request("GET", f"{site.url}/")
    assert (response.status, response.body) == (200, INDEX)
    assert response.header("CONTENT-type") == "text/html; charset=utf-8"
    assert response.header("x-none") == ""


def test_a_name_under_localhost_need_not_resolve_and_is_sent(site, http):
    assert http.request("GET", f"http://label.cloudfront.localhost:{site.port}/").status == 200
    assert site.hosts == [f"label.cloudfront.localhost:{site.port}"]


def test_redirects_are_not_followed(site, http):
    site.change(
        "GET", "/", lambda answer: replace(answer, status=301).with_headers(Location="/about/")
    )
    assert http.request("GET", f"{site.url}/").status == 301
    assert site.requests == [("GET", "/")]


def test_bodies_are_not_decoded(site, http):
    response = http.request("GET", f"{site.url}/", {"Accept-Encoding": "gzip"})
    assert response.body.startswith(b"\x1f\x8b")


def test_errors_of_the_server_are_answers(site, http):
    site.error_first = 1
    assert http.request("GET", f"{site.url}/").status == 500


def test_connections_are_kept(site, http):
    for _ in range(3):
        http.request("GET", f"{site.url}/")
    assert len(http._pools) == 1


def test_nothing_listens(http):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = failure(http, f"http://site.localhost:{port}/")
    assert found.detail == f"connection refused: nothing listens at 127.0.0.1:{port}"
    assert found.tries is Tries.TRANSIENT


def test_a_name_that_does_not_resolve(http, monkeypatch):
    def unknown(*_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert (
        failure(http, "http://no.such.host.invalid/").detail
        == "no such host: no.such.host.invalid does not resolve"
    )


def test_a_silent_host():
    with socket.socket() as listening, Http(answer=0.2) as http:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        detail = failure(http, f"http://127.0.0.1:{port}/").detail
    assert detail == f"connected to 127.0.0.1:{port}, but no answer came in time"


def test_an_answer_that_stalls(site):
    site.change("GET", "/", lambda answer: replace(answer, stall=True))
    with Http(answer=0.2) as http:
        assert failure(http, f"{site.url}/").detail.endswith("but no answer came in time")


def test_an_answer_that_drips(site):
    ticks = iter(range(99))
    with Http(answer=0.5, clock=lambda: next(ticks)) as http:
        assert failure(http, f"{site.url}/").detail == "the answer was not complete within 0.5 s"


def test_an_answer_that_is_cut_off(site, http):
    site.change("GET", "/", lambda answer: replace(answer, length=9999))
    detail = failure(http, f"{site.url}/").detail
    assert detail == f"127.0.0.1:{site.port} closed the connection before the whole answer was sent"


def test_an_answer_that_is_too_large(site):
    with Http(limit=1000) as http:
        assert failure(http, f"{site.url}/").detail == "the answer is larger than 1,000 bytes"


def test_something_that_does_not_speak_http():
    with opened() as site, Http(answer=2) as http:
        found = failure(http, f"https://site.localhost:{site.port}/")
    assert found.detail.startswith("no secure connection: ")


@pytest.mark.parametrize(
    ("days", "host", "detail"),
    [
        (-1, "site.localhost", "certificate refused: certificate has expired"),
        (
            90,
            "other.localhost",
            "certificate refused: Hostname mismatch, certificate is not valid for 'site.localhost'.",
        ),
    ],
)
def test_a_certificate_that_browsers_refuse(tmp_path, days, host, detail):
    ca, context = self_signed(tmp_path, days=days, host=host)
    with opened(context) as site, Http(ca_file=ca) as http:
        found = failure(http, f"{site.url}/")
        with pytest.raises(Unreachable) as caught:
            http.certificate_end(site.url)
    assert (found.detail, found.tries) == (detail, Tries.SETTLING)
    assert caught.value.detail == detail


def test_a_certificate_of_nobody(tmp_path):
    _, context = self_signed(tmp_path, days=90)
    with opened(context) as site, Http() as http:
        assert (
            failure(http, f"{site.url}/").detail == "certificate refused: self-signed certificate"
        )


def test_https(tmp_path):
    ca, context = self_signed(tmp_path, days=90)
    with opened(context) as site, Http(ca_file=ca) as http:
        assert http.request("GET", f"{site.url}/").body == INDEX
        assert len({http.request("GET", f"{site.url}/").status for _ in range(3)}) == 1
