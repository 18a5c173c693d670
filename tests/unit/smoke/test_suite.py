from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from resumectl.smoke.check import Attempts, Mismatch, Unreachable
from resumectl.smoke.http import Http
from resumectl.smoke.pace import Pace
from resumectl.smoke.suite import FIRST, run, side_by_side
from resumectl.smoke.target import Target

from .playground import PAGES, opened, self_signed

EAGER = Pace(patience=3600, jitter=lambda: 0.0)
NAMES = [
    "page",
    "compressed page",
    "file about/index.html",
    "file assets/site.css",
    "file assets/site.js",
    "missing page",
    "security headers",
    "private bucket",
    "counter",
    "counter, wrong method",
    "counter, bad page",
]


def failed(checks) -> list[str]:
    return [check.name for check in checks if not check.ok]


def unseen(checks) -> list[str]:
    return [check.name for check in checks if not check.seen]


def test_a_working_site_passes_every_check_in_a_stable_order(site, http):
    checks = run(site.target(), http=http)
    assert [check.name for check in checks] == NAMES
    assert failed(checks) == []
    assert site.count == 43


def test_each_check_is_reported_in_order_in_the_callers_thread(site, http):
    reported = []
    checks = run(
        site.target(),
        http=http,
        on_check=lambda check: reported.append((check, threading.current_thread())),
    )
    assert [check for check, _ in reported] == list(checks)
    assert {thread for _, thread in reported} == {threading.current_thread()}


def test_a_url_alone_is_enough(site):
    checks = run(Target(f"{site.url}/"), pace=EAGER)
    assert [check.name for check in checks] == [
        name for name in NAMES if not name.startswith("file") and name != "private bucket"
    ]
    assert failed(checks) == []


FAULTS = {
    "page": ("GET", "/", lambda answer: replace(answer, body=b"old") if _plain(answer) else answer),
    "compressed page": (
        "GET",
        "/",
        lambda answer: answer if _plain(answer) else replace(answer, body=b"old"),
    ),
    "file assets/site.css": ("GET", "/assets/site.css", lambda answer: replace(answer, status=404)),
    "security headers": ("GET", "/", lambda answer: answer.without("Referrer-Policy")),
    "private bucket": ("GET", "/bucket/index.html", lambda answer: replace(answer, status=200)),
    "counter": ("POST", "/api/count", lambda answer: answer.without("Cache-Control")),
    "counter, wrong method": ("DELETE", "/api/count", lambda answer: answer.without("Allow")),
    "counter, bad page": (
        "GET",
        "/api/count",
        lambda answer: answer if answer.status == 200 else replace(answer, status=200),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_fails_one_check_and_no_other(site, http, name):
    site.change(*FAULTS[name])
    assert failed(run(site.target(), http=http, pace=EAGER)) == [name]


def test_a_site_that_returns_200_for_everything_fails_the_missing_page(site, http):
    right = site.right

    def soft(*request):
        answer = right(*request)
        return replace(answer, status=200) if answer.status == 404 else answer

    site.right = soft
    assert failed(run(site.target(), http=http, pace=EAGER)) == ["missing page"]


def test_the_first_server_errors_are_retried_and_reported(site, http):
    site.error_first = 3
    checks = run(site.target(), http=http, pace=EAGER)
    assert failed(checks) == []
    assert any(" attempts in " in check.detail for check in checks)


def test_lasting_server_errors_fail_every_check(site, http):
    site.error_first = 10_000
    checks = run(site.target(), http=http, pace=EAGER)
    assert failed(checks) == NAMES
    assert all("500" in check.detail and "4 attempts" in check.detail for check in checks)


def test_a_wrong_page_fails_at_once_on_a_settled_site_and_is_retried_on_a_fresh_one(
    site, http, clock
):
    old = iter([True, True])
    site.change(
        "GET", "/about/", lambda answer: replace(answer, status=404) if next(old, None) else answer
    )
    assert failed(run(site.target(), http=http, pace=EAGER)) == ["file about/index.html"]
    checks = run(site.target(), http=http, pace=clock.pace(settle=60))
    assert failed(checks) == []
    assert "(2 attempts in " in checks[2].detail


def test_two_overlapping_runs_both_pass(site, http):
    inner, once = [], iter([True])

    def overlap(answer):
        """The second run happens while the first visit of the first one is being answered."""
        if next(once, False):
            inner.append(run(site.target(), pace=EAGER))
        return answer

    site.change("POST", "/api/count", overlap)
    outer = run(site.target(), http=http, pace=EAGER)
    assert [failed(outer), failed(inner[0])] == [[], []]
    assert "(2 attempts in " in outer[NAMES.index("counter")].detail


def test_a_host_that_does_not_resolve_was_not_seen():
    urls = {"url": "http://site.invalid", "bucket_url": "http://bucket.invalid/index.html"}
    checks = run(Target(pages=PAGES, **urls), pace=EAGER)
    assert unseen(checks) == NAMES
    assert checks[0].detail.startswith("no such host: site.invalid does not resolve")


def test_an_authority_that_this_machine_does_not_know_was_not_the_site(tmp_path):
    """A proxy that inspects TLS lets plain HTTP through as it is, with the redirect."""
    _, context = self_signed(tmp_path, days=90.5)
    with opened(context) as site, opened() as plain, Http() as http:
        location = {"Location": f"{site.url}/"}
        plain.change("GET", "/", lambda right: replace(right, status=301).with_headers(**location))
        checks = run(site.target(plain_url=plain.url), http=http, pace=EAGER)
    assert unseen(checks) == [check.name for check in checks]
    assert {check.detail for check in checks} == {"certificate rejected: self-signed certificate"}


def test_one_answer_makes_every_other_silence_a_failure(site):
    site.change("POST", "/api/count", lambda right: replace(right, silent=True))
    with Http(timeout=0.3) as http:
        checks = run(site.target(), http=http, pace=EAGER)
    assert (failed(checks), unseen(checks)) == (["counter"], [])


def test_a_bucket_out_of_reach_is_unseen_beside_a_site_that_works(site, http):
    checks = run(site.target(bucket_url="http://bucket.invalid/"), http=http, pace=EAGER)
    assert unseen(checks) == failed(checks) == ["private bucket"]


def test_without_a_server_every_check_reports_a_refused_connection():
    with opened() as site:
        target = site.target()
    checks = run(target, pace=EAGER)
    assert failed(checks) == unseen(checks) == NAMES
    assert all(
        check.detail.startswith("connection refused: nothing is listening on 127.0.0.1:")
        for check in checks
    )


def test_when_the_first_check_gets_no_response_the_others_stop_retrying():
    def gone() -> str:
        raise Unreachable("no such host", Attempts.FINAL)

    def patient() -> str:
        raise Mismatch("not yet", Attempts.TRANSIENT)

    checks = side_by_side(
        {FIRST: gone, "other": patient}, Pace(3600, jitter=lambda: 1e9), lambda _: None
    )
    assert [check.detail for check in checks] == ["no such host", "not yet"]


def test_https_adds_the_redirect_and_the_certificate(tmp_path):
    ca, context = self_signed(tmp_path, days=90.5)
    with opened(context) as site, opened() as plain, Http(ca_file=ca) as http:
        location = f"{site.url}/"
        plain.change(
            "GET", "/", lambda answer: replace(answer, status=301).with_headers(Location=location)
        )
        checks = run(site.target(plain_url=plain.url), http=http, pace=EAGER)
    assert failed(checks) == []
    assert [check.name for check in checks][7:9] == ["redirect to https", "certificate"]
    assert checks[8].detail.startswith("valid for 90 more days")


def test_an_expired_certificate_is_the_reason_that_is_reported(tmp_path):
    ca, context = self_signed(tmp_path, days=-1)
    with opened(context) as site, opened() as plain, Http(ca_file=ca) as http:
        checks = run(site.target(plain_url=plain.url), http=http, pace=EAGER)
    details = {check.name: check.detail for check in checks}
    assert (
        details["page"] == details["certificate"] == "certificate rejected: certificate has expired"
    )
    assert details["redirect to https"] == "returned 200 instead of 301"


def test_an_interrupt_in_a_callback_ends_the_run(site, http):
    def interrupt(_check):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(site.target(), http=http, pace=EAGER, on_check=interrupt)


def test_nothing_heavy_is_imported_before_it_is_needed():
    heavy = "('urllib3', 'ssl', 'concurrent.futures')"
    script = f"import sys, resumectl.smoke; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def _plain(answer) -> bool:
    return "Content-Encoding" not in answer.headers
