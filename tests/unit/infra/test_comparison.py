from __future__ import annotations

from resumectl.infra.comparison import ApplyProgress, PlanProgress
from resumectl.infra.stream import Event

BUCKET, ROLE = "aws_s3_bucket.site", "aws_iam_role.counter"


def lines(progress, *events):
    told = []
    watcher = progress(told.append)
    for event in events:
        watcher.event(event)
    return told


def test_a_plan_counts_what_was_refreshed_until_changes_are_planned():
    assert lines(
        PlanProgress,
        Event("refreshed", BUCKET),
        Event("refreshed", ROLE),
        Event("started", BUCKET),
        Event("planned", BUCKET),
    ) == ["1 refreshed", "2 refreshed", "1 to change"]


def test_an_apply_counts_finished_resources_and_names_the_current_one():
    assert lines(
        lambda tell: ApplyProgress(tell, total=2),
        Event("started", BUCKET),
        Event("refreshed", ROLE),
        Event("done", BUCKET),
        Event("started", ROLE),
        Event("done", ROLE),
    ) == [
        "0 of 2, s3_bucket.site",
        "1 of 2, s3_bucket.site",
        "1 of 2, iam_role.counter",
        "2 resources",
    ]
