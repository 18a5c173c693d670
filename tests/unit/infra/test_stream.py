from __future__ import annotations

import json

import pytest

from resumectl.infra.stream import Diagnostic, Event, parse

BUCKET = {"addr": "aws_s3_bucket.site", "resource_type": "aws_s3_bucket"}


def line(type_, **more):
    return json.dumps({"@level": "info", "@message": "...", "type": type_, **more})


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (
            line("refresh_complete", hook={"resource": BUCKET}),
            Event("refreshed", "aws_s3_bucket.site"),
        ),
        (
            line("planned_change", change={"resource": BUCKET, "action": "replace"}),
            Event("planned", "aws_s3_bucket.site", "replace"),
        ),
        (
            line("apply_start", hook={"resource": BUCKET, "action": "create"}),
            Event("started", "aws_s3_bucket.site", "create"),
        ),
        (
            line(
                "apply_complete",
                hook={"resource": BUCKET, "action": "create", "elapsed_seconds": 2},
            ),
            Event("done", "aws_s3_bucket.site", "create"),
        ),
        (
            line("apply_errored", hook={"resource": BUCKET, "action": "delete"}),
            Event("failed", "aws_s3_bucket.site", "delete"),
        ),
    ],
)
def test_progress_of_a_resource_is_an_event(text, event):
    assert parse(text) == event


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "panic: runtime error: index out of range",
        "{",
        "null",
        "5",
        '"text"',
        "[1]",
        "{}",
        '{"type": null}',
        line("version", terraform="1.11.4"),
        line("outputs", outputs={}),
        line("change_summary", changes={"add": 1}),
        line("apply_progress", hook={"resource": BUCKET}),
        line("refresh_start", hook={"resource": BUCKET}),
    ],
)
def test_other_messages_and_text_are_skipped(text):
    assert parse(text) is None


def test_a_diagnostic_keeps_summary_detail_and_address():
    text = line(
        "diagnostic",
        diagnostic={
            "severity": "error",
            "summary": "It failed",
            "detail": "Because.",
            "address": "aws_iam_role.x",
        },
    )
    assert parse(text) == Diagnostic("error", "It failed", "Because.", "aws_iam_role.x")


def test_a_warning_is_not_an_error():
    assert parse(
        line("diagnostic", diagnostic={"severity": "warning", "summary": "Old"})
    ) == Diagnostic("warning", "Old")


def test_a_diagnostic_names_its_place_in_the_configuration():
    source = {"filename": "site.tf", "start": {"line": 3, "column": 1}}
    body = {"severity": "error", "summary": "Unsupported argument", "range": source}
    diagnostic = parse(line("diagnostic", diagnostic=body))
    assert diagnostic.place == "site.tf line 3"
    assert diagnostic.line == "Unsupported argument (site.tf line 3)"


@pytest.mark.parametrize(
    ("diagnostic", "headline", "details"),
    [
        (Diagnostic("error", "It failed"), "It failed", ()),
        (
            Diagnostic("error", "It failed", address="aws_iam_role.x"),
            "It failed (aws_iam_role.x)",
            (),
        ),
        (
            Diagnostic("error", "It failed", "Because\n  of this.\n\nMore.\n\n  - a\n  - b\n"),
            "It failed: Because of this.",
            ("More.", "  - a", "  - b"),
        ),
        (
            Diagnostic("error", "It failed", "Why.", "aws_iam_role.x", "iam.tf line 3"),
            "It failed (aws_iam_role.x, iam.tf line 3): Why.",
            (),
        ),
        (
            Diagnostic("error", "2 errors:\n\n* one\n* two", "\nWhy."),
            "2 errors: Why.",
            ("* one", "* two"),
        ),
    ],
)
def test_a_diagnostic_is_a_headline_and_the_rest(diagnostic, headline, details):
    assert diagnostic.line == headline
    assert diagnostic.details == details
