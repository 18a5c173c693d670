from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from resumectl.smoke import counter
from resumectl.smoke.check import Attempts, Mismatch


def failure(probe, site, http) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        probe(site.target(), http)
    return caught.value


def test_two_visits_add_exactly_two(site, http):
    assert counter.counts(site.target(), http) == "two visits: 41 -> 43"
    assert [method for method, _ in site.requests] == ["GET", "POST", "POST", "GET"]


def test_only_the_reserved_page_is_counted(site, http):
    urls = []
    right = site.right
    site.right = lambda method, url, accepted: urls.append(url) or right(method, url, accepted)
    counter.counts(site.target(), http)
    assert set(urls) == {"/api/count?page=/_smoke"}


@pytest.mark.parametrize(
    ("step", "detail"),
    [
        (lambda count: count, "41 -> 41 -> 41"),
        (lambda count: count | 1, "41 -> 41 -> 41"),
        (lambda count: min(count + 1, 42), "41 -> 42 -> 42"),
        (lambda count: count - 1, "41 -> 40 -> 39"),
        (lambda count: count + 2, "41 -> 43 -> 45"),
        (lambda count: 1, "41 -> 1 -> 1"),
        (lambda count: 43, "41 -> 43 -> 43"),
    ],
)
def test_a_counter_that_miscounts_fails(site, http, step, detail):
    site.step = step
    mismatch = failure(counter.counts, site, http)
    assert mismatch.detail == f"two visits: {detail}; each should add 1"
    assert mismatch.attempts is Attempts.CONTENDED


def test_a_stale_read_fails(site, http):
    stale = json.dumps({"page": "/_smoke", "count": 41}).encode()
    site.change("GET", "/api/count", lambda answer: replace(answer, body=stale))
    assert (
        failure(counter.counts, site, http).detail == "two visits: 41 -> 43, but a read returned 41"
    )


def test_visits_by_someone_else_cause_a_retry(site, http, clock):
    visits = iter([2, 2, 2, 2])
    site.step = lambda count: count + next(visits, 1)
    check = clock.pace().follow(
        "counter", lambda: counter.counts(site.target(), http), clock(), threading.Event()
    )
    assert check.ok
    assert check.detail.startswith("two visits: 49 -> 51 (3 attempts in ")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"42", "200, but the body is not a JSON object: 42 (application/json)"),
        (b"", "200, but the body is not a JSON object: empty (application/json)"),
        (b"\xff{", "200, but the body is not a JSON object"),
        (b"<html>hello</html>", "200, but the body is not a JSON object: <html>hello</html>"),
        (
            b'{"page": "/", "count": 1}',
            'GET returned {"page": "/", "count": 1} instead of a page and its count',
        ),
        (
            b'{"page": "/_smoke"}',
            'GET returned {"page": "/_smoke"} instead of a page and its count',
        ),
        (b'{"page": "/_smoke", "count": 1, "ip": "::1"}', "GET returned "),
        (
            b'{"page": "/_smoke", "count": "1"}',
            'GET returned {"page": "/_smoke", "count": "1"}: the count is not',
        ),
        (
            b'{"page": "/_smoke", "count": true}',
            'GET returned {"page": "/_smoke", "count": true}: the count is not',
        ),
        (
            b'{"page": "/_smoke", "count": -1}',
            'GET returned {"page": "/_smoke", "count": -1}: the count is not',
        ),
        (
            b'{"page": "/_smoke", "count": 1.5}',
            'GET returned {"page": "/_smoke", "count": 1.5}: the count is not',
        ),
    ],
)
def test_a_response_without_a_count_fails(site, http, body, detail):
    site.change("GET", "/api/count", lambda answer: replace(answer, body=body))
    assert failure(counter.counts, site, http).detail.startswith(detail)


def test_json_with_another_content_type_fails(site, http):
    site.change("GET", "/api/count", lambda answer: answer.with_headers(Content_Type="text/html"))
    assert failure(counter.counts, site, http).detail.endswith("(text/html)")


PROBES = [
    (counter.counts, "POST", 200),
    (counter.wrong_method, "DELETE", 405),
    (counter.bad_page, "GET", 400),
]


@pytest.mark.parametrize(("probe", "method", "status"), PROBES)
@pytest.mark.parametrize("policy", [None, "max-age=60"])
def test_a_cacheable_response_fails(site, http, probe, method, status, policy):
    def cacheable(answer):
        return (
            answer.with_headers(Cache_Control=policy) if policy else answer.without("Cache-Control")
        )

    site.change(method, "/api/count", cacheable)
    expected = f"{status}, but Cache-Control is {policy or 'missing'} instead of no-store"
    assert failure(probe, site, http).detail == expected


@pytest.mark.parametrize(("probe", "method", "status"), PROBES)
@pytest.mark.parametrize(
    "secret",
    [
        "arn:aws:dynamodb:eu-west-2:123456789012:table/visits",
        "Traceback (most recent call last)",
        "botocore.errorfactory.ResourceNotFoundException",
        "counter.py, line 12",
    ],
)
def test_a_leak_of_internals_fails_whatever_the_status(site, http, probe, method, status, secret):
    leaking = json.dumps({"error": secret, "page": "/_smoke", "count": 1}).encode()
    site.change(method, "/api/count", lambda answer: replace(answer, body=leaking))
    assert failure(probe, site, http).detail.startswith("the response leaks internals: ")


def test_a_rejected_method_passes(site, http):
    assert counter.wrong_method(site.target(), http) == "405 to DELETE, allowed: GET, POST"


@pytest.mark.parametrize("allow", [None, "GET", "OPTIONS"])
def test_a_405_without_the_allowed_methods_fails(site, http, allow):
    site.change(
        "DELETE",
        "/api/count",
        lambda answer: answer.with_headers(Allow=allow) if allow else answer.without("Allow"),
    )
    assert (
        failure(counter.wrong_method, site, http).detail
        == f"405, but Allow is {allow or 'missing'} instead of GET, POST"
    )


def test_more_methods_may_be_allowed(site, http):
    site.change("DELETE", "/api/count", lambda answer: answer.with_headers(Allow="get,POST, HEAD"))
    assert counter.wrong_method(site.target(), http)


def test_a_wrong_method_that_is_accepted_fails(site, http):
    site.change("DELETE", "/api/count", lambda answer: replace(answer, status=200))
    assert failure(counter.wrong_method, site, http).detail == "returned 200 instead of 405"


def test_rejected_bad_pages_pass_and_count_nothing(site, http):
    assert (
        counter.bad_page(site.target(), http)
        == "400 for a page with invalid characters and for one that is too long"
    )
    assert site.count == 41


@pytest.mark.parametrize("accepted", ["/<script>", "/" + "a" * 200])
def test_a_bad_page_that_is_accepted_fails(site, http, accepted):
    right = site.counter
    site.counter = lambda method, page: right(method, "/" if page == accepted else page)
    assert failure(counter.bad_page, site, http).detail == "returned 200 instead of 400"


def test_a_400_without_an_error_message_fails(site, http):
    site.change("GET", "/api/count", lambda answer: replace(answer, body=b'{"message": "no"}'))
    assert (
        failure(counter.bad_page, site, http).detail
        == '400, but {"message": "no"} has no error message'
    )


@pytest.mark.parametrize(("probe", "method", "status"), PROBES)
def test_a_server_error_is_transient(site, http, probe, method, status):
    site.error_first = 1
    mismatch = failure(probe, site, http)
    assert (mismatch.detail.startswith("returned 500"), mismatch.attempts) == (
        True,
        Attempts.TRANSIENT,
    )
