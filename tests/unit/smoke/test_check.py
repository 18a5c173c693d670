from __future__ import annotations

from resumectl.smoke.check import Attempts, Check, Mismatch, Unreachable


def test_a_mismatch_is_retried_only_while_the_site_settles():
    mismatch = Mismatch("returned 404 instead of 200")
    assert (str(mismatch), mismatch.detail) == ("returned 404 instead of 200",) * 2
    assert mismatch.attempts is Attempts.SETTLING


def test_contention_gets_more_attempts_than_a_transient_failure():
    assert Attempts.FINAL < Attempts.SETTLING < Attempts.TRANSIENT < Attempts.CONTENDED


def test_no_response_is_a_mismatch():
    assert isinstance(Unreachable("timed out", Attempts.TRANSIENT), Mismatch)


def test_json_shows_milliseconds():
    assert Check("page", True, "200", 1.23456).as_json() == {
        "name": "page",
        "ok": True,
        "detail": "200",
        "seconds": 1.235,
        "seen": True,
    }
