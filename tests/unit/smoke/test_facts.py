from __future__ import annotations

from dataclasses import replace

import pytest

from resumectl.smoke.facts import certificate_days, visitors

from .playground import opened, self_signed


def test_visitors_reads_the_count_without_adding_a_visit(site):
    assert visitors(f"{site.url}/") == 41
    assert site.count == 41


def test_visitors_reads_the_count_of_the_given_page(site):
    pages = []
    right = site.counter
    site.counter = lambda method, page: pages.append(page) or right(method, page)
    visitors(site.url, "/blog/")
    assert pages == ["/blog/"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"count": null}', b'{"count": "many"}'])
def test_a_response_without_a_count_is_none(site, body):
    site.change("GET", "/api/count", lambda answer: replace(answer, body=body))
    assert visitors(site.url) is None


def test_a_site_that_is_down_has_no_facts():
    with opened() as site:
        url = site.url
    assert visitors(url) is None
    assert certificate_days(url.replace("http:", "https:")) is None


def test_a_certificate_has_days_left(tmp_path, monkeypatch):
    ca, context = self_signed(tmp_path, days=30.5)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    with opened(context) as site:
        assert certificate_days(site.url) == 30


def test_a_rejected_certificate_has_no_days(tmp_path):
    _, context = self_signed(tmp_path, days=30)
    with opened(context) as site:
        assert certificate_days(site.url) is None


def test_plain_http_has_no_certificate(site):
    assert certificate_days(site.url) is None
    assert site.requests == []
