from __future__ import annotations

from itertools import product

import pytest

from resumectl.errors import Exit, SmokeFailed, Unseen
from resumectl.smoke.check import Check
from resumectl.smoke.verdict import BUCKET, failure, judged

PASSED = (True, True)
FAILED = (False, True)
UNSEEN = (False, False)


def check(name: str, ok: bool, seen: bool) -> Check:
    return Check(name, ok, "no such host", 0.1, seen)


def verdict(page, counter, bucket) -> type | None:
    checks = (check("page", *page), check("counter", *counter), check(BUCKET, *bucket))
    error = failure(judged(checks))
    return type(error) if error else None


@pytest.mark.parametrize(
    ("page", "counter", "bucket", "expected"),
    [
        (PASSED, PASSED, PASSED, None),
        (PASSED, FAILED, PASSED, SmokeFailed),
        (PASSED, UNSEEN, PASSED, SmokeFailed),
        (FAILED, UNSEEN, PASSED, SmokeFailed),
        (UNSEEN, UNSEEN, UNSEEN, Unseen),
        (UNSEEN, UNSEEN, PASSED, Unseen),
        (UNSEEN, UNSEEN, FAILED, SmokeFailed),
        (PASSED, PASSED, UNSEEN, Unseen),
        (PASSED, FAILED, UNSEEN, SmokeFailed),
    ],
)
def test_one_answer_of_the_site_shows_that_it_can_be_seen(page, counter, bucket, expected):
    assert verdict(page, counter, bucket) is expected


@pytest.mark.parametrize("results", list(product([PASSED, FAILED, UNSEEN], repeat=3)))
def test_nothing_is_failed_that_did_not_answer_unless_the_site_did(results):
    page, counter, _ = results
    answered = UNSEEN not in (page, counter) or page != counter
    failed = FAILED in results or (answered and UNSEEN in (page, counter))
    assert (verdict(*results) is SmokeFailed) == failed


def test_the_failure_names_the_failed_checks_and_hints_at_the_first():
    assert failure(()) is None
    good, bad = check("page", *PASSED), Check("counter", False, "500", 0.1)
    assert failure((good,)) is None
    error = failure((good, bad))
    assert (error.message, error.hint) == ("1 of 2 checks failed: counter.", "500")
    assert error.exit_code == Exit.SMOKE_FAILED


def test_what_was_not_seen_says_why_and_what_to_type():
    error = failure((check("page", *UNSEEN),))
    assert error.exit_code == Exit.SMOKE_FAILED
    assert error.message == (
        "The site cannot be reached from here, so it was not tested: no such host."
    )
    assert "resumectl smoke" in error.hint
    assert "The bucket cannot be reached" in failure((check(BUCKET, *UNSEEN),)).message
