from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from resumectl.report import words


@pytest.mark.parametrize(
    ("part", "key", "said"),
    [
        ("infra", "aws_s3_bucket.site", "S3 bucket site"),
        ("infra", "aws_dynamodb_table.visits", "DynamoDB table visits"),
        ("infra", "aws_apigatewayv2_route.counter[0]", "API Gateway route counter[0]"),
        ("infra", "aws_cloudfront_distribution.site", "CloudFront distribution site"),
        ("infra", 'aws_route53_record.site["a.b"]', 'Route 53 record site["a.b"]'),
        ("infra", "output.site_url", "output site_url"),
        ("infra", "route", "route"),
        ("infra", "route GET /a.b", "API route GET /a.b"),
        ("infra", "attached-policy Administrator", "attached policy Administrator"),
        ("function", "live", "code behind the alias live"),
        ("function", "$LATEST", "unpublished code ($LATEST)"),
        ("function", "other", "other"),
        ("site", "assets/app.js", "assets/app.js"),
        ("site", "aws_s3_bucket.site", "aws_s3_bucket.site"),
    ],
)
def test_a_thing_has_the_name_that_people_use(part, key, said):
    assert words.thing(part, key) == said


def test_what_differs():
    assert words.differing(["sha256", "cache_control", "tags"]) == "content, Cache-Control, tags"
    assert words.differing([]) == ""


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([], ""),
        (["delete", "create", "create"], "2 to create, 1 to delete"),
        (["replace", "update"], "1 to change, 1 to replace"),
    ],
)
def test_counts(actions, said):
    assert words.counts([{"action": action} for action in actions]) == said


@pytest.mark.parametrize(
    ("count", "said"),
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
def test_sizes(count, said):
    assert words.size(count) == said


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
    assert words.age((datetime.now(UTC) - timedelta(**time)).isoformat()) == said


@pytest.mark.parametrize(
    ("text", "said"), [("short", "short"), ("a\n  b", "a b"), ("x" * 11, "x" * 9 + "…")]
)
def test_a_text_on_one_line(text, said):
    assert words.short(text, 10) == said
