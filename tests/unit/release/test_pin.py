from __future__ import annotations

import pytest

from resumectl.release.pin import Pin, Pins

PIN = Pin(7, {"name": "me"}, "2026-11-22T09:30:00+00:00", "the counter was down")


def test_a_pin_stays_until_it_is_removed(s3, bucket):
    pins = Pins(s3, bucket, "prod")
    assert pins.read() is None
    pins.set(PIN)
    assert pins.read() == PIN
    assert Pins(s3, bucket, "test").read() is None
    pins.remove()
    assert pins.read() is None


def test_no_bucket_no_pin(empty_s3):
    assert Pins(empty_s3, "not-there", "prod").read() is None


@pytest.mark.parametrize(("reason", "end"), [("it broke", ": it broke"), ("", "")])
def test_one_line_says_who_when_and_why(reason, end):
    pin = Pin(7, {"name": "me"}, "2026-11-22T09:30:00+00:00", reason)
    assert pin.describe() == f"pinned to release #7 by me at 2026-11-22T09:30:00+00:00{end}"
