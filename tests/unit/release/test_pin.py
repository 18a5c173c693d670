from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from resumectl.release.pin import Pin, Pins

PIN = Pin(7, {"name": "me"}, "2026-11-22T09:30:00+00:00", "the counter was down")
KEY = "pins/prod.json"


@pytest.fixture
def pins(bucket):
    return Pins(bucket)


def test_a_pin_stays_until_it_is_removed(pins, bucket_of):
    assert pins.read() is None
    pins.set(PIN)
    assert pins.read() == PIN
    assert Pins(bucket_of("test")).read() is None
    pins.remove()
    assert pins.read() is None


def test_without_a_bucket_there_is_no_pin(bucket_of):
    assert Pins(bucket_of("prod")).read() is None


def test_keys_that_a_newer_resumectl_added_are_left_alone(pins, put):
    put(KEY, json.dumps({**asdict(PIN), "until": "tomorrow"}))
    assert pins.read() == PIN


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"release": 7, "act',
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"pinned"',
        b'{"release": 7}',
        json.dumps({**asdict(PIN), "release": {"id": 7}}).encode(),
        json.dumps({**asdict(PIN), "actor": "me"}).encode(),
    ],
)
def test_an_unreadable_pin_still_pins_and_can_be_removed(pins, put, body):
    put(KEY, body)
    pin = pins.read()
    assert pin
    assert pin.release is None
    assert pin.describe() == "pinned: pins/prod.json cannot be read"
    pins.remove()
    assert pins.read() is None


@pytest.mark.parametrize(("reason", "end"), [("it broke", ": it broke"), ("", "")])
def test_one_line_names_release_person_time_and_reason(reason, end):
    pin = Pin(7, {"name": "me"}, "2026-11-22T09:30:00+00:00", reason)
    assert pin.describe() == f"pinned to release #7 by me at 2026-11-22T09:30:00+00:00{end}"
