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
    "failed_step": None,
    "live": True,
}
STATUS = {
    "env": "prod",
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
DRIFT = {"release": 7, "changes": [], "pending": {}, "ignored": [], "expired_ignores": []}
CHANGE = {"part": "infra", "key": "aws_lambda_function.counter", "action": "update", "kind": "changed", "values": {}}


def ago(**time):
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


@pytest.fixture
def shown():
    """What a page looks like, 80 columns wide and without colour."""

    def text(page, document):
        out = io.StringIO()
        page(Screen(Console(file=out, width=80, highlight=False, emoji=False), verbose=False), document)
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
    assert "ada on laptop: New [job]" in said
    assert "aaaaaaaaa +" in said
    assert "https://example.com/" in said
    assert "in sync" in said
    assert "2 to deploy, 1 drifted" in said
    assert "1 of 2" in said
    assert "Terraform was not asked." in said


def test_status_of_nothing(shown):
    said = shown(ledger.status, STATUS)
    assert said.split() == ["prod", "Release", "none"]


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


# --- drift


def test_no_drift(shown):
    assert shown(ledger.drift, DRIFT) == "No drift: what is live is release #7.\n"


def test_drift_from_to_and_since(shown):
    change = {**CHANGE, "since": "2026-11-22", "values": {"memory_size": {"from": 128, "to": None}}}
    said = shown(ledger.drift, {**DRIFT, "changes": [change]})
    assert "1 difference since release #7:" in said
    assert "changed: Lambda function counter  since 2026-11-22" in said
    assert "memory_size: 128 -> (not set)" in said


def test_of_tags_only_what_differs(shown):
    values = {"tags": {"from": {"a": "1", "b": "2"}, "to": {"a": "1", "b": "3"}}, "tags_all": {"from": {}, "to": {}}}
    said = shown(ledger.drift, {**DRIFT, "changes": [{**CHANGE, "values": values}]})
    assert "tags: {'b': '2'} -> {'b': '3'}" in said
    assert "tags_all" not in said


def test_of_digests_and_long_values_only_the_beginning(shown):
    values = {"sha256": {"from": "a" * 64, "to": "b" * 64}, "policy": {"from": "x" * 500, "to": ""}}
    said = shown(ledger.drift, {**DRIFT, "changes": [{**CHANGE, "values": values}]})
    assert f"content: {'a' * 12} -> {'b' * 12}" in said
    assert "x" * 49 not in said.replace("\n", "")


def test_drift_that_was_put_back(shown):
    said = shown(ledger.drift, {**DRIFT, "changes": [CHANGE, CHANGE], "fixed": True})
    assert said == "Put back 2 differences: what is live is release #7 again.\n"


def test_what_is_not_drift_is_told_apart(shown):
    document = {
        **DRIFT,
        "pending": {"infra": 0, "site": 2},
        "ignored": [CHANGE],
        "expired_ignores": [{"key": "aws_x.*", "reason": "tried out", "until": "2026-01-01"}],
    }
    said = shown(ledger.drift, document)
    assert "Not drift, but not deployed yet: site 2 (resumectl plan)." in said
    assert "Ignored, as resumectl.toml says: 1." in said
    assert "No longer ignored since 2026-01-01: aws_x.* (tried out)." in said


# --- history


def test_history_of_nothing(shown):
    assert shown(ledger.history, {"releases": [], "pin": None}) == "Nothing was released yet.\n"


@pytest.mark.parametrize(
    ("release", "pin", "state"),
    [
        ({}, None, "live"),
        ({}, 7, "live, pinned"),
        ({"live": False}, 7, ""),
        ({"live": False, "status": "failed", "failed_step": "Plan"}, None, "failed: Plan"),
        ({"live": False, "status": "destroyed"}, None, "destroyed"),
        ({"rollback_of": 3}, None, "rollback to 3, live"),
    ],
)
def test_a_line_of_history(shown, release, pin, state):
    row = {**RELEASE, "time": ago(days=2), **release}
    said = shown(ledger.history, {"releases": [row], "pin": pin}).splitlines()[1]
    assert " ".join(said.split()) == f"7 2 d ada aaaaaaaaa + function 1 site 3 1 of 2 {state}".strip()


def test_history_without_git_changes_or_tests(shown):
    row = {**RELEASE, "time": ago(minutes=5), "git": {}, "changes": {}, "smoke": [], "live": False}
    said = shown(ledger.history, {"releases": [row], "pin": None}).splitlines()[1]
    assert said.split() == ["7", "5", "min", "ada", "-", "-"]


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


def test_the_plan_of_a_rollback(shown):
    said = shown(ledger.rollback, {**BACK, "release": None, "changes": [{**CHANGE, "fields": ["timeout"]}]})
    assert "Going back to release #7 would do this:" in said
    assert "Lambda function counter  timeout" in said
    assert "https://" not in said


def test_a_rollback_to_what_is_live(shown):
    assert "What is live is release #7 already." in shown(ledger.rollback, {**BACK, "release": None})


def test_unpin(shown):
    assert "Unpinned from release #7" in shown(ledger.unpin, {"unpinned": True, "release": 7})
    assert shown(ledger.unpin, {"unpinned": False, "release": None}) == "It was not pinned.\n"


def test_unlock(shown):
    assert shown(ledger.unlock, {"released": []}) == "There is no lock.\n"
    assert shown(ledger.unlock, {"released": ["the deploy lock of ada"]}) == "Released the deploy lock of ada.\n"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ({"seconds": -100}, "0 s"),
        ({"seconds": 59}, "59 s"),
        ({"seconds": 61}, "1 min"),
        ({"hours": 1}, "1 h"),
        ({"hours": 47}, "2 d"),
        ({"days": 30}, "30 d"),
    ],
)
def test_how_long_ago(time, said):
    assert ledger._age(ago(**time)) == said
