from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from resumectl.report import drift
from resumectl.report.screen import Screen

DRIFT = {"release": 7, "changes": [], "pending": {}, "ignored": [], "expired_ignores": []}
CHANGE = {
    "part": "infra",
    "key": "aws_lambda_function.counter",
    "action": "update",
    "kind": "changed",
    "values": {},
}
LONG = {"policy": {"from": "x" * 100, "to": "y" * 100}}


@pytest.fixture
def shown():
    """What the page looks like on a terminal of 80 columns without colour."""

    def text(document, *, verbose=False):
        out = io.StringIO()
        console = Console(
            file=out, width=80, highlight=False, emoji=False, force_terminal=True, no_color=True
        )
        drift.drift(Screen(console, verbose=verbose), document)
        return (
            "".join(out.getvalue().split("\x1b[2m")).replace("\x1b[1m", "").replace("\x1b[0m", "")
        )

    return text


def test_no_drift(shown):
    assert shown(DRIFT) == "No drift: what is live is release #7.\n"


def test_part_by_part_with_kind_and_values(shown):
    now = datetime.now(UTC)
    site = {**CHANGE, "part": "site", "since": (now - timedelta(hours=2)).isoformat()}
    changes = [
        {**CHANGE, "values": {"memory_size": {"from": 128, "to": None}}},
        {**CHANGE, "key": "route GET /admin", "action": "create", "kind": "unmanaged"},
        {
            **CHANGE,
            "part": "function",
            "key": "live",
            "kind": "code",
            "values": {"routing": {"from": {}, "to": {"3": 0.1}}},
        },
        {
            **site,
            "key": "index.html",
            "kind": "object",
            "values": {"sha256": {"from": "a" * 64, "to": "b" * 64}},
        },
        {**site, "key": "old.html", "action": "delete", "kind": "deleted", "since": None},
    ]
    assert shown({**DRIFT, "changes": changes}).splitlines() == [
        "5 differences from release #7:",
        "Infrastructure",
        "  changed   Lambda function counter",
        "            memory_size: 128 -> (not set)",
        "  extra     API route GET /admin",
        "Function",
        "  code      code behind the alias live",
        "            traffic to version 3: 0% -> 10%",
        "Site",
        "  content   index.html, 2 h ago",
        "  deleted   old.html",
        "resumectl drift --fix puts it back.",
    ]


def test_long_values_are_folded_below_themselves(shown):
    lines = shown({**DRIFT, "changes": [{**CHANGE, "values": LONG}]}).splitlines()
    assert lines[3:5] == ["            policy:", f"                 {'x' * 63}"]
    assert lines[6] == f"              -> {'y' * 63}"
    assert max(map(len, lines)) <= 80


def test_verbose_shows_everything(shown):
    values = {f"field{number}": {"from": 1, "to": 2} for number in range(9)}
    document = {**DRIFT, "changes": [{**CHANGE, "since": "2026-11-22", "values": values}]}
    assert "… and 4 more (-v shows all)" in shown(
        {**DRIFT, "changes": [{**CHANGE, "values": values}]}
    )
    assert "field8: 1 -> 2" in shown(document, verbose=True)
    assert "Lambda function counter, since 2026-11-22" in shown(document, verbose=True)
    digests = {"sha256": {"from": "a" * 64, "to": "b" * 64}}
    assert f"content: {'a' * 12} -> {'b' * 12}" in shown(
        {**DRIFT, "changes": [{**CHANGE, "values": digests}]}, verbose=True
    )


def test_drift_that_was_put_back(shown):
    said = shown({**DRIFT, "changes": [CHANGE, CHANGE], "fixed": True})
    assert said == "Put back 2 differences: what is live is release #7 again.\n"


def test_what_is_not_drift_is_told_apart(shown):
    document = {
        **DRIFT,
        "pending": {"infra": 0, "site": 2},
        "ignored": [CHANGE],
        "expired_ignores": [{"key": "aws_x.*", "reason": "tried out", "until": "2026-01-01"}],
    }
    said = shown(document)
    assert "Not drift, but not deployed yet: site 2 (resumectl plan)." in said
    assert "Ignored, as resumectl.toml says: 1." in said
    assert "No longer ignored since 2026-01-01: aws_x.* (tried out)." in said
