from __future__ import annotations

import socket
import subprocess
from dataclasses import replace
from itertools import count

import pytest

from resumectl.smoke.check import Attempts, Mismatch, Unreachable
from resumectl.smoke.http import Http

from .playground import INDEX, opened, self_signed


def failure(http, url) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        http.request("GET", url)
    return caught.value


def seen(error: Mismatch) -> bool:
    return not isinstance(error, Unreachable)


def test_header_names_match_in_any_letter_case(site, http):
    response = http.request("GET", f"{site.url}/")
    assert (response.status, response.body) == (200, INDEX)
    assert response.header("CONTENT-type") == "text/html; charset=utf-8"
    assert response.header("x-none") == ""


def test_a_localhost_name_is_sent_without_being_resolved(site, http):
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


def test_a_server_error_is_a_response(site, http):
    site.error_first = 1
    assert http.request("GET", f"{site.url}/").status == 500


def test_a_host_has_one_connection_pool(site, http):
    for _ in range(3):
        http.request("GET", f"{site.url}/")
    assert len(http._pools) == 1


def test_a_refused_connection_is_transient(http):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(http, f"http://site.localhost:{port}/")
    assert error.detail == f"connection refused: nothing is listening on 127.0.0.1:{port}"
    assert not seen(error)
    assert error.attempts is Attempts.TRANSIENT


def test_an_unresolvable_host_is_named(http):
    error = failure(http, "http://no.such.host.invalid/")
    assert error.detail == "no such host: no.such.host.invalid does not resolve"
    assert not seen(error)


def test_a_silent_host_times_out():
    with socket.socket() as listening, Http(timeout=0.2) as http:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        error = failure(http, f"http://127.0.0.1:{port}/")
    assert not seen(error)
    assert error.detail == f"connected to 127.0.0.1:{port}, but timed out waiting for the response"


def test_a_stalled_response_times_out(site):
    site.change("GET", "/", lambda answer: replace(answer, stall=True))
    with Http(timeout=0.2) as http:
        error = failure(http, f"{site.url}/")
    assert seen(error)
    assert error.detail.endswith("but timed out waiting for the response")


def test_a_slow_response_is_cut_off_at_the_timeout(site):
    ticks = count(step=100)
    with Http(timeout=60, clock=lambda: next(ticks)) as http:
        assert failure(http, f"{site.url}/").detail == "the response was not complete within 60 s"


def test_a_truncated_response_is_an_error(site, http):
    site.change("GET", "/", lambda answer: replace(answer, length=9999))
    error = failure(http, f"{site.url}/")
    assert seen(error)
    assert (
        error.detail == f"127.0.0.1:{site.port} closed the connection in the middle of the response"
    )


def test_a_body_over_the_limit_is_refused(site):
    with Http(limit=1000) as http:
        error = failure(http, f"{site.url}/")
    assert (error.detail, seen(error)) == ("the response is larger than 1,000 bytes", True)


def test_https_to_a_plain_http_port_fails_the_handshake():
    with opened() as site, Http(timeout=60) as http:
        error = failure(http, f"https://site.localhost:{site.port}/")
    assert error.detail.startswith("TLS handshake failed: ")


@pytest.mark.parametrize(
    ("days", "host", "reason", "own"),
    [
        (-1, "site.localhost", "certificate has expired", True),
        (
            90,
            "other.localhost",
            "Hostname mismatch, certificate is not valid for 'site.localhost'.",
            False,
        ),
    ],
)
def test_only_the_sites_own_certificate_shows_that_it_was_seen(tmp_path, days, host, reason, own):
    ca, context = self_signed(tmp_path, days=days, host=host)
    with opened(context) as site, Http(ca_file=ca) as http:
        error = failure(http, f"{site.url}/")
        with pytest.raises(Mismatch) as caught:
            http.certificate_end(site.url)
    assert seen(error) == seen(caught.value) == own
    assert error.attempts is Attempts.SETTLING
    assert error.detail == caught.value.detail == f"certificate rejected: {reason}"


def test_a_certificate_of_an_unknown_authority_is_not_the_site(tmp_path):
    _, context = self_signed(tmp_path, days=90)
    with opened(context) as site, Http() as http:
        error = failure(http, f"{site.url}/")
    assert (error.detail, seen(error)) == (
        "certificate rejected: self-signed certificate",
        False,
    )


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_authority_that_the_environment_names_is_trusted(tmp_path, monkeypatch, name):
    ca, context = self_signed(tmp_path, days=90)
    monkeypatch.setenv(name, str(ca))
    with opened(context) as site, Http() as http:
        assert http.request("GET", f"{site.url}/").status == 200
        assert http.certificate_end(site.url) > 0


def test_a_folder_of_authorities_is_trusted(tmp_path, monkeypatch):
    ca, context = self_signed(tmp_path, days=90)
    folder = tmp_path / "authorities"
    folder.mkdir()
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(ca)]
    digest = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (folder / f"{digest}.0").write_bytes(ca.read_bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder))
    with opened(context) as site, Http() as http:
        assert http.request("GET", f"{site.url}/").status == 200


def test_a_trusted_certificate_is_accepted(tmp_path):
    ca, context = self_signed(tmp_path, days=90)
    with opened(context) as site, Http(ca_file=ca) as http:
        assert http.request("GET", f"{site.url}/").body == INDEX
