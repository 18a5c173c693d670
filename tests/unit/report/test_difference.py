from __future__ import annotations

import json

import pytest

from resumectl.report import difference

GRANT = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}
DENY = {"Statement": [{"Effect": "Deny", "Action": "s3:GetObject"}]}


@pytest.mark.parametrize(
    ("name", "before", "after", "rows"),
    [
        ("memory_size", 128, 512, [("memory_size", "128", "512")]),
        ("block_public_acls", True, False, [("block_public_acls", "true", "false")]),
        ("comment", None, "", [("comment", "(not set)", '""')]),
        ("cache_control", "no-cache", "max-age=5", [("Cache-Control", "no-cache", "max-age=5")]),
        ("sha256", "a" * 64, "b" * 64, [("content", "a" * 12, "b" * 12)]),
        (
            "limits",
            [{"burst": 50, "rate": 20}],
            [{"burst": 9, "rate": 20}],
            [("limits.burst", "50", "9")],
        ),
        ("items", [1, 2], [1, 3], [("items[1]", "2", "3")]),
        ("items", [1], [1, 2], [("items", "[1]", "[1, 2]")]),
        (
            "policy",
            json.dumps(GRANT),
            json.dumps(DENY),
            [("policy.Statement.Effect", "Allow", "Deny")],
        ),
        ("policy", json.dumps(GRANT), json.dumps(GRANT, indent=1), []),
        ("code", "{ not JSON", "other", [("code", "{ not JSON", "other")]),
        ("env", {"A": "1"}, {"B": "2"}, [("env.A", "1", "(not set)"), ("env.B", "(not set)", "2")]),
        ("published", True, False, [("published", "true", "false")]),
        ("routing", {}, {"3": 0.1}, [("traffic to version 3", "0%", "10%")]),
        ("routing", {"3": 0.25}, {}, [("traffic to version 3", "25%", "0%")]),
    ],
)
def test_only_what_differs_is_a_row(name, before, after, rows):
    assert list(difference.rows({name: {"from": before, "to": after}})) == rows


def test_tags_are_shown_once():
    values = {
        "tags": {"from": None, "to": {"Project": "other"}},
        "tags_all": {
            "from": {"Project": "resume", "Environment": "prod"},
            "to": {"Project": "other", "Environment": "prod"},
        },
    }
    assert list(difference.rows(values)) == [("tags.Project", "resume", "other")]
    del values["tags_all"]
    assert list(difference.rows(values)) == [("tags", "(not set)", '{"Project": "other"}')]
