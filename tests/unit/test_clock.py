from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from resumectl.clock import wrong_by

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def response(message: str = "", **headers: str) -> dict:
    return {"Error": {"Message": message}, "ResponseMetadata": {"HTTPHeaders": headers}}


@pytest.mark.parametrize(
    ("sentence", "off"),
    [
        ("20261127T080000Z is now earlier than 20261127T164500Z (20261127T170000Z", "9 hours"),
        ("20261127T080000Z is now earlier than 20261127T164500Z", "9 hours"),
        ("20261127T170000Z is still later than 20261127T081500Z (20261127T080000Z", "9 hours"),
        ("20261127T080000Z is now earlier than 20261127T080500Z", "20 minutes"),
        ("20261120T080000Z is now earlier than 20261127T074500Z", "7 days"),
    ],
)
def test_the_times_in_the_sentence_tell_by_how_much(sentence, off):
    for code in ("SignatureDoesNotMatch", "InvalidSignatureException"):
        assert wrong_by(code, response(f"Signature: {sentence}"), NOW) == off


@pytest.mark.parametrize(("minutes", "off"), [(540, "9 hours"), (-20, "20 minutes"), (1, None)])
def test_the_date_header_tells_it_too(minutes, off):
    date = format_datetime(NOW + timedelta(minutes=minutes), usegmt=True)
    assert wrong_by("SignatureDoesNotMatch", response("No.", date=date), NOW) == off


def test_a_wrong_secret_is_not_a_wrong_clock():
    sentence = "The request signature we calculated does not match."
    assert wrong_by("SignatureDoesNotMatch", response(sentence), NOW) is None
    assert wrong_by("SignatureDoesNotMatch", response(sentence, date="today"), NOW) is None
    assert wrong_by("SignatureDoesNotMatch", {}, NOW) is None


def test_a_skew_without_times_is_still_the_clock():
    assert wrong_by("RequestTimeTooSkewed", response(), NOW) == "more than AWS accepts"


def test_no_other_code_is_about_the_clock():
    sentence = "20261127T080000Z is now earlier than 20261127T164500Z"
    assert wrong_by("AccessDenied", response(sentence), NOW) is None
