from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resumectl.infra import backup
from resumectl.infra.backup import Backup
from tests.fakes.canned import Canned

ARN = "arn:aws:dynamodb:eu-west-2:1:table/t/backup/1"


def row(arn=ARN, day=1, status="AVAILABLE", **more):
    made = datetime(2026, 11, day, tzinfo=UTC)
    return {"BackupArn": arn, "BackupStatus": status, "BackupCreationDateTime": made, **more}


def of_deleted(answer):
    return backup.of_deleted(Canned({"list_backups": answer}).client("dynamodb"), "t")


def test_the_newest_backup_that_is_ready_counts():
    until = {"BackupExpiryDateTime": datetime(2026, 12, 7, tzinfo=UTC)}
    rows = [row("old", 1), row(ARN, 2, **until), row("later", 3, "CREATING")]
    assert of_deleted({"BackupSummaries": rows}) == Backup(ARN, "2026-12-07")


def test_a_backup_of_a_person_has_no_end():
    assert of_deleted({"BackupSummaries": [row()]}) == Backup(ARN, None)


@pytest.mark.parametrize("answer", [{"BackupSummaries": []}, "AccessDeniedException"])
def test_without_one_or_without_permission_there_is_none(answer):
    assert of_deleted(answer) is None


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (Backup(ARN, "2026-12-07"), f"until 2026-12-07. To restore it: {{0}} --backup-arn {ARN}"),
        (Backup(ARN, None), f"keeps a backup. To restore it: {{0}} --backup-arn {ARN}"),
        (None, "35 days: docs/runbook.md, 'The table was deleted'"),
    ],
)
def test_the_advice_says_what_to_type_or_where_to_look(kept, said):
    command = "aws dynamodb restore-table-from-backup --target-table-name t"
    assert backup.advice("t", kept).endswith(said.format(command))
