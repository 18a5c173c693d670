from __future__ import annotations

import pytest

from resumectl.report import status

RELEASE = {
    "id": 7,
    "time": "2026-11-27T09:00:00+00:00",
    "status": "verified",
    "actor": {"name": "ada", "host": "laptop"},
    "message": "New [job]",
    "git": {"revision": "a" * 40, "dirty": True},
    "smoke": [{"ok": True}, {"ok": False}],
}
STATUS = {
    "release": RELEASE,
    "pin": None,
    "urls": {"site": "https://example.com/"},
    "parts": {},
    "drift": [],
    "checks": [],
    "lock": None,
    "visitors": 12345,
    "certificate_days": None,
    "missing": [],
}
EMPTY = {**STATUS, "release": None, "urls": {}, "visitors": None}


@pytest.fixture
def rows(shown):
    """The rows of the page by their label."""

    def read(document):
        lines = shown(status.status, document).splitlines()
        return {line[2:18].rstrip(): line[18:] for line in lines[1:]}

    return read


def test_the_release_and_who_made_it(rows):
    assert rows(STATUS) == {
        "Release": "#7 verified, 3 h ago",
        "By": "ada on laptop, revision aaaaaaaaa+",
        "Message": "New [job]",
        "Smoke test": "1 of 2 checks failed",
        "Address": "https://example.com/",
        "Visitors": "12,345",
    }


def test_what_is_not_there_has_no_row(shown):
    assert shown(status.status, EMPTY) == "prod\n"


def test_resources_without_a_release(rows):
    assert rows({**STATUS, "release": None})["Release"] == "none"


def test_a_counter_that_does_not_answer(rows):
    assert rows({**STATUS, "visitors": None})["Visitors"] == "no answer"


@pytest.mark.parametrize(("days", "text"), [(0, "0 days left"), (1, "1 day left")])
def test_how_long_the_certificate_is_valid(rows, days, text):
    assert rows({**STATUS, "certificate_days": days})["Certificate"] == text


def test_an_expiring_certificate_is_red(on_terminal):
    from resumectl.report import console

    for days, red in ((0, True), (13, True), (14, False)):
        document = {"env": "prod", **STATUS, "certificate_days": days}
        text = on_terminal(console.show, "status", document, verbose=False)
        assert (f"\x1b[31m{days} days left" in text) is red


def test_every_part_is_shown_also_an_unknown_one(rows):
    counts = {"to_deploy": 2, "drifted": 1}
    document = {**EMPTY, "parts": {"infra": {"to_deploy": 0, "drifted": 0}, "queue": counts}}
    assert rows(document) == {"Infrastructure": "in sync", "Queue": "2 to deploy, 1 drifted"}


def test_what_is_unusual(rows):
    document = {**EMPTY, "pin": "pinned by ada", "lock": "bob", "missing": ["No Terraform."]}
    assert rows(document) == {"Pin": "pinned by ada", "Lock": "bob", "Note": "No Terraform."}


def test_drift_names_the_command_that_shows_it(shown):
    text = shown(status.status, {**EMPTY, "drift": [{"key": "a"}]})
    assert "resumectl drift --env prod" in text
