from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from resumectl.report import ledger
from resumectl.report.screen import Screen

RELEASE = {
    "id": 7,
    "status": "verified",
    "actor": {"name": "ada", "host": "laptop"},
    "message": "New [job]",
    "git": {"revision": "a" * 40, "dirty": True},
    "changes": {"infra": {}, "function": {"update": 1}, "site": {"create": 2, "delete": 1}},
    "smoke": [{"ok": True}, {"ok": False}],
    "rollback_of": None,
    "repair_of": None,
    "failed_step": None,
    "live": True,
}
STATUS = {
    "env": "prod",
    "drift": [],
    "release": None,
    "pin": None,
    "lock": None,
    "visitors": None,
    "certificate_days": None,
    "checks": [],
    "urls": {},
    "parts": {},
    "missing": [],
}
CHANGE = {
    "part": "infra",
    "key": "aws_lambda_function.counter",
    "action": "update",
    "kind": "changed",
    "values": {},
}


def ago(**time):
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


@pytest.fixture
def shown():
    """What a page looks like, 80 columns wide and without colour."""

    def text(page, document):
        out = io.StringIO()
        page(
            Screen(Console(file=out, width=80, highlight=False, emoji=False), verbose=False),
            document,
        )
        return out.getvalue()

    return text


# --- status


def test_status_of_a_release(shown):
    document = {
        **STATUS,
        "release": {**RELEASE, "time": ago(hours=3)},
        "urls": {"site": "https://example.com/"},
        "parts": {"infra": {"to_deploy": 0, "drifted": 0}, "site": {"to_deploy": 2, "drifted": 1}},
        "checks": RELEASE["smoke"],
        "missing": ["Terraform was not asked."],
    }
    said = shown(ledger.status, document)
    assert "#7 is live, 3 h ago" in said
    assert "ada on laptop, revision aaaaaaaaa+" in said
    assert "New [job]" in said
    assert "https://example.com/" in said
    assert "in sync" in said
    assert "2 to deploy, 1 drifted" in said
    assert "1 of 2 passed" in said
    assert "Visitors        no answer" in said
    assert "Terraform was not asked." in said


def test_status_of_nothing(shown):
    said = shown(ledger.status, STATUS)
    assert said.split() == ["prod"]


def test_status_points_to_drift_and_warns_of_the_certificate(shown):
    said = shown(
        ledger.status,
        {**STATUS, "drift": [CHANGE], "certificate_days": 3, "pin": "pinned", "lock": "ada"},
    )
    assert "resumectl drift shows what drifted" in said
    assert "Certificate     3 days left" in said
    assert "Pin             pinned" in said
    assert "Lock            ada" in said


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"to_deploy": 0, "drifted": 0}, "in sync"),
        ({"to_deploy": 0, "drifted": None}, "drift not known"),
        ({"to_deploy": 3, "drifted": None}, "3 to deploy, drift not known"),
    ],
)
def test_what_is_not_known_is_not_called_in_sync(shown, counts, said):
    assert said in shown(ledger.status, {**STATUS, "parts": {"infra": counts}})


# --- history


def test_history_of_nothing(shown):
    assert shown(ledger.history, {"releases": [], "pin": None}) == "Nothing was released yet.\n"


@pytest.mark.parametrize(
    ("release", "pin", "state"),
    [
        ({}, None, "live: New [job]"),
        ({}, 7, "live, pinned: New [job]"),
        ({"live": False}, 7, "New [job]"),
        ({"status": "unverified"}, None, "live, untested: New [job]"),
        (
            {"live": False, "status": "failed", "failed_step": "Plan"},
            None,
            "failed at Plan: New [job]",
        ),
        (
            {
                "live": False,
                "status": "failed",
                "failed_step": "Plan",
                "taken_back_to": 3,
                "message": "",
            },
            None,
            "failed at Plan, #3 served again",
        ),
        ({"live": False, "status": "destroyed", "message": ""}, None, "destroyed"),
        ({"rollback_of": 3, "message": "rollback to 3"}, None, "live, rollback to 3"),
        ({"repair_of": 3, "message": "drift --fix"}, None, "live, drift --fix, 3 again"),
    ],
)
def test_a_line_of_history(shown, release, pin, state):
    row = {**RELEASE, "time": ago(days=2), **release}
    said = shown(ledger.history, {"releases": [row], "pin": pin}).split("\n", 1)[1]
    assert " ".join(said.split()) == f"7 2 d ada aaaaaaaaa+ function 1, site 3 {state}"


def test_history_without_git_and_changes(shown):
    row = {
        **RELEASE,
        "time": ago(minutes=5),
        "git": {},
        "changes": {},
        "message": "",
        "live": False,
    }
    said = shown(ledger.history, {"releases": [row], "pin": None}).splitlines()[1]
    assert said.split() == ["7", "5", "min", "ada", "-"]


# --- rollback, unpin, unlock

BACK = {
    "release": {**RELEASE, "id": 9},
    "target": 7,
    "changes": [],
    "checks": [],
    "urls": {"site": "https://example.com/"},
    "not_rolled_back": ["infrastructure", "the counter's table"],
    "revision": "b" * 40,
}


def test_a_rollback_says_what_it_did_not_do(shown):
    said = shown(ledger.rollback, BACK)
    assert "Release #9: back at release #7. The environment is pinned." in said
    assert "Not rolled back: infrastructure and the counter's table." in said.replace("\n", " ")
    assert "b" * 12 in said
    assert "https://example.com/" in said


def test_a_rollback_whose_tests_fail(shown):
    said = shown(ledger.rollback, {**BACK, "release": {**BACK["release"], "status": "failed"}})
    assert "Release #9: failed; release #7 is served. The environment is pinned." in said


def test_the_plan_of_a_rollback(shown):
    said = shown(
        ledger.rollback, {**BACK, "release": None, "changes": [{**CHANGE, "fields": ["timeout"]}]}
    )
    assert "Going back to release #7 would do this:" in said
    assert "Lambda function counter  timeout" in said
    assert "https://" not in said


def test_a_rollback_to_what_is_live(shown):
    assert "What is live is release #7 already." in shown(
        ledger.rollback, {**BACK, "release": None}
    )


def test_unpin(shown):
    assert "Unpinned from release #7" in shown(ledger.unpin, {"unpinned": True, "release": 7})
    assert shown(ledger.unpin, {"unpinned": False, "release": None}) == "It was not pinned.\n"


def test_unlock(shown):
    assert shown(ledger.unlock, {"released": []}) == "There is no lock.\n"
    assert (
        shown(ledger.unlock, {"released": ["the deploy lock of ada"]})
        == "Released the deploy lock of ada.\n"
    )
