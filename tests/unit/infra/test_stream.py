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
def test_what_happens_to_a_resource_is_an_event(text, event):
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
def test_what_tells_nothing_is_nothing(text):
    assert parse(text) is None


def test_a_diagnostic():
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


def test_a_warning_is_told_apart():
    assert parse(
        line("diagnostic", diagnostic={"severity": "warning", "summary": "Old"})
    ) == Diagnostic("warning", "Old")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Diagnostic("error", "It failed"), "It failed"),
        (Diagnostic("error", "It failed", address="aws_iam_role.x"), "It failed (aws_iam_role.x)"),
        (
            Diagnostic("error", "It failed", "Because\n  of this.\n\nMore."),
            "It failed: Because of this.",
        ),
        (
            Diagnostic("error", "It failed", "Why.", "aws_iam_role.x"),
            "It failed (aws_iam_role.x): Why.",
        ),
    ],
)
def test_a_diagnostic_on_one_line(found, said):
    assert found.line == said
