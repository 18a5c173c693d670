from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from resumectl.report import words

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("part", "title"), [("infra", "Infrastructure"), ("site", "Site"), ("queue", "Queue")]
)
def test_every_part_has_a_title(part, title):
    assert words.title(part) == title


def test_changes_are_grouped_in_the_order_of_their_parts():
    rows = [{"part": part, "key": part} for part in ("site", "queue", "site", "infra")]
    assert words.by_part(rows) == {
        "Site": [rows[0], rows[2]],
        "Queue": [rows[1]],
        "Infrastructure": [rows[3]],
    }


@pytest.mark.parametrize(
    ("release", "state", "ending"),
    [
        ({"status": "verified"}, "verified", "is live and verified"),
        ({"status": "unverified"}, "unverified", "is live but unverified"),
        ({"status": "destroyed"}, "destroyed", "destroyed"),
        ({"status": "failed"}, "failed", "failed"),
        (
            {"status": "failed", "failed_step": "smoke"},
            "failed at smoke",
            "failed at smoke",
        ),
        (
            {"status": "failed", "failed_step": "apply-infra", "lock_lost": True},
            "failed at apply-infra, lock lost",
            "failed at apply-infra, lock lost",
        ),
        (
            {"status": "failed", "interrupted": True},
            "failed, interrupted",
            "failed, interrupted",
        ),
        (
            {"status": "failed", "failed_step": "smoke", "taken_back_to": 3},
            "failed at smoke, taken back to #3",
            "failed at smoke, taken back to #3",
        ),
    ],
)
def test_how_a_release_ended(release, state, ending):
    assert (words.state(release), words.ending(release)) == (state, ending)


@pytest.mark.parametrize(
    ("to_deploy", "drifted", "text"),
    [
        (0, 0, "in sync"),
        (2, 1, "2 to deploy, 1 drifted"),
        (0, None, "drift unknown"),
        (3, None, "3 to deploy, drift unknown"),
        (None, 0, "cannot be built"),
    ],
)
def test_what_is_unknown_is_not_in_sync(to_deploy, drifted, text):
    assert words.standing({"to_deploy": to_deploy, "drifted": drifted}) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["data"], "the counter's data"),
        (["infra", "data"], "infrastructure and the counter's data"),
        (["infra", "queue", "data"], "infrastructure, queue and the counter's data"),
    ],
)
def test_what_a_rollback_leaves_alone(names, text):
    assert words.staying(names) == text


@pytest.mark.parametrize(
    ("name", "text"), [("object", "content"), ("headers", "headers"), ("state", "state")]
)
def test_kinds_of_drift(name, text):
    assert words.kind(name) == text


@pytest.mark.parametrize(
    ("part", "key", "name"),
    [
        ("infra", "aws_s3_bucket.site", "S3 bucket site"),
        ("infra", "aws_dynamodb_table.visits", "DynamoDB table visits"),
        ("infra", "aws_apigatewayv2_route.counter[0]", "API Gateway route counter[0]"),
        ("infra", "aws_cloudfront_distribution.site", "CloudFront distribution site"),
        ("infra", 'aws_route53_record.site["a.b"]', 'Route 53 record site["a.b"]'),
        ("infra", "output.site_url", "output site_url"),
        ("infra", "route", "route"),
        ("function", "live", "code behind alias live"),
        ("function", "$LATEST", "unpublished code ($LATEST)"),
        ("function", "other", "other"),
        ("site", "assets/app.js", "assets/app.js"),
        ("site", "aws_s3_bucket.site", "aws_s3_bucket.site"),
        ("queue", "aws_sqs_queue.jobs", "aws_sqs_queue.jobs"),
    ],
)
def test_a_thing_has_the_name_that_people_use(part, key, name):
    assert words.thing({"part": part, "key": key}) == name


@pytest.mark.parametrize(
    ("kind", "key", "name"),
    [
        ("unmanaged", "route GET /a.b", "API route GET /a.b"),
        ("unmanaged", "attached-policy Administrator", "attached policy Administrator"),
        ("unmanaged", "bucket policy", "bucket policy"),
        ("unmanaged", "alias", "alias"),
        ("state", "terraform.state", "Terraform state"),
        ("output", "output.site_url", "output site_url"),
        ("changed", "route GET", "route GET"),
    ],
)
def test_the_kind_of_a_change_decides_what_its_key_means(kind, key, name):
    assert words.thing({"part": "infra", "key": key, "kind": kind}) == name


def test_what_differs():
    assert words.differing(["sha256", "cache_control", "tags"]) == "content, Cache-Control, tags"
    assert words.differing(["published", "sha256"]) == "not published yet, content"
    assert words.differing([]) == ""


@pytest.mark.parametrize(
    ("actions", "to_do", "done"),
    [
        ([], "", ""),
        (["delete", "create", "create"], "2 to create, 1 to delete", "2 created, 1 deleted"),
        (["replace", "update"], "1 to change, 1 to replace", "1 changed, 1 replaced"),
    ],
)
def test_counts(actions, to_do, done):
    changes = [{"action": action} for action in actions]
    assert (words.counts(changes), words.counts(changes, words.DONE)) == (to_do, done)


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_one_is_singular(count, text):
    assert words.many(count, "file") == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (3149, "3.1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (999_999, "1.0 MB"),
        (5_000_000, "5.0 MB"),
        (999_999_999, "1.0 GB"),
        (7_000_000_000_000, "7000.0 GB"),
    ],
)
def test_sizes(count, text):
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ({"seconds": -100}, "0 s"),
        ({"seconds": 59}, "59 s"),
        ({"seconds": 61}, "1 min"),
        ({"hours": 1}, "1 h"),
        ({"hours": 47}, "2 d"),
        ({"days": 30}, "30 d"),
    ],
)
def test_how_long_ago(time, text):
    assert words.age((NOW - timedelta(**time)).isoformat(), NOW) == text


@pytest.mark.parametrize(
    ("text", "line"), [("short", "short"), ("a\n  b", "a b"), ("x" * 11, "x" * 9 + "…")]
)
def test_a_text_on_one_line(text, line):
    assert words.short(text, 10) == line


@pytest.mark.parametrize(
    ("checks", "ended"),
    [
        ([], "no checks"),
        ([{"ok": True}, {"ok": True, "seen": True}], "all 2 checks passed"),
        ([{"ok": True}, {"ok": False}], "1 of 2 checks failed"),
        ([{"ok": False, "seen": False}], "1 of 1 check got no answer"),
        ([{"ok": False, "seen": True}, {"ok": False, "seen": False}], "1 of 2 checks failed"),
    ],
)
def test_how_a_smoke_test_ended(checks, ended):
    assert words.ended(checks) == ended


def test_a_look_that_failed_is_named_with_its_action_and_why():
    looks = [
        {"what": "role policies", "action": "iam:ListRolePolicies", "why": "denied"},
        {"what": "aliases", "action": "lambda:ListAliases", "why": "no response"},
    ]
    assert words.unseen(looks) == (
        "role policies (iam:ListRolePolicies denied), aliases (lambda:ListAliases no response)"
    )
