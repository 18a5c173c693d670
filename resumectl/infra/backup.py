"""What AWS keeps of a deleted table: a backup, for 35 days, if it had point-in-time recovery.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from resumectl.aws import Client

RUNBOOK: Final = "docs/runbook.md, 'The table was deleted'"


@dataclass(frozen=True)
class Backup:
    """The newest backup of a deleted table: its ARN, and the day until which AWS keeps it."""

    arn: str
    until: str | None


def of_deleted(dynamodb: Client, table: str) -> Backup | None:
    """The newest backup of a table; None if there is none.

    It is only advice: an error, such as a missing permission, is no reason to stop a command.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = dynamodb.get_paginator("list_backups").paginate(TableName=table, BackupType="ALL")
        rows = [row for page in pages for row in page["BackupSummaries"]]
    except (BotoCoreError, ClientError):
        return None
    ready = [row for row in rows if row["BackupStatus"] == "AVAILABLE"]
    if not ready:
        return None
    newest = max(ready, key=lambda row: row["BackupCreationDateTime"])
    until = newest.get("BackupExpiryDateTime")
    return Backup(newest["BackupArn"], f"{until:%Y-%m-%d}" if until else None)


def advice(table: str, backup: Backup | None) -> str:
    """How to get the counts back."""
    if backup is None:
        return f"AWS keeps a backup of a deleted table for 35 days: {RUNBOOK}"
    until = f" until {backup.until}" if backup.until else ""
    return (
        f"AWS keeps a backup{until}. To restore it: aws dynamodb restore-table-from-backup"
        f" --target-table-name {table} --backup-arn {backup.arn}"
    )
