"""DynamoDB tables, as far as Terraform and look-ups need them.

A deleted table leaves a backup for 35 days, as one with point-in-time recovery does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.hung import Hung
from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws


class Tables:
    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self._aws, self._account, self._region = aws, account, region
        self.tables: dict[str, dict[str, Any]] = {}
        self.backups: list[dict[str, Any]] = []
        self.hung = Hung()

    def create_table(self, TableName: str, **given: Any) -> dict[str, Any]:
        if TableName in self.tables:
            raise Refusal("ResourceInUseException", f"Table already exists: {TableName}")
        arn = f"arn:aws:dynamodb:{self._region}:{self._account}:table/{TableName}"
        self.tables[TableName] = {
            "TableName": TableName,
            "TableArn": arn,
            "TableStatus": "ACTIVE",
            "DeletionProtectionEnabled": given.get("DeletionProtectionEnabled", False),
            "KeySchema": given.get("KeySchema", []),
            "Tags": given.get("Tags", []),
        }
        return {"TableDescription": self._shown(TableName)}

    def describe_table(self, TableName: str) -> dict[str, Any]:
        return {"Table": self._shown(TableName)}

    def update_table(self, TableName: str, **given: Any) -> dict[str, Any]:
        self._shown(TableName)
        self.tables[TableName].update(given)
        return {"TableDescription": self._shown(TableName)}

    def delete_table(self, TableName: str) -> dict[str, Any]:
        shown = self._shown(TableName)
        if shown["DeletionProtectionEnabled"]:
            raise Refusal("ValidationException", f"Resource cannot be deleted: {TableName}")
        del self.tables[TableName]
        now = self._aws.clock.now()
        backup = {
            "TableName": TableName,
            "BackupArn": f"{shown['TableArn']}/backup/{self._aws.number('backup'):014d}-1",
            "BackupStatus": "AVAILABLE",
            "BackupType": "SYSTEM",
            "BackupCreationDateTime": now,
            "BackupExpiryDateTime": now + timedelta(days=35),
        }
        self.backups.append(backup)
        return {"TableDescription": shown}

    def list_tables(self, **_: Any) -> dict[str, Any]:
        return {"TableNames": sorted(self.tables)}

    def list_backups(self, TableName: str, **_: Any) -> dict[str, Any]:
        found = [backup for backup in self.backups if backup["TableName"] == TableName]
        return {"BackupSummaries": found}

    def restore_table_from_backup(self, TargetTableName: str, BackupArn: str) -> dict[str, Any]:
        """Without its tags and its protection."""
        if BackupArn not in {backup["BackupArn"] for backup in self.backups}:
            raise Refusal("BackupNotFoundException", f"Backup not found: {BackupArn}")
        return self.create_table(TargetTableName)

    def list_tags_of_resource(self, ResourceArn: str) -> dict[str, Any]:
        return {"Tags": self.tables[self._named(ResourceArn)]["Tags"]}

    def tag_resource(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:
        self.tables[self._named(ResourceArn)]["Tags"] = Tags

    def put_resource_policy(self, ResourceArn: str, Policy: str) -> None:
        self.hung.of("policy", self._named(ResourceArn))["Policy"] = Policy

    def get_resource_policy(self, ResourceArn: str) -> dict[str, Any]:
        policy = self.hung.of("policy", self._named(ResourceArn))
        if not policy:
            raise Refusal("PolicyNotFoundException", "No resource-based policy found")
        return dict(policy)

    def delete_resource_policy(self, ResourceArn: str) -> None:
        self.hung.pop_one("policy", self._named(ResourceArn), "Policy")

    def enable_kinesis_streaming_destination(self, TableName: str, StreamArn: str) -> None:
        self._shown(TableName)
        row = {"StreamArn": StreamArn, "DestinationStatus": "ACTIVE"}
        self.hung.of("stream", TableName)[StreamArn] = row

    def disable_kinesis_streaming_destination(self, TableName: str, StreamArn: str) -> None:
        self.hung.of("stream", TableName)[StreamArn]["DestinationStatus"] = "DISABLED"

    def describe_kinesis_streaming_destination(self, TableName: str) -> dict[str, Any]:
        self._shown(TableName)
        rows = list(self.hung.of("stream", TableName).values())
        return {"TableName": TableName, "KinesisDataStreamDestinations": rows}

    def update_contributor_insights(
        self, TableName: str, ContributorInsightsAction: str
    ) -> dict[str, Any]:
        status = f"{ContributorInsightsAction}D"
        self.hung.of("insights", TableName)["ContributorInsightsStatus"] = status
        return {"TableName": TableName}

    def describe_contributor_insights(self, TableName: str) -> dict[str, Any]:
        self._shown(TableName)
        return {"ContributorInsightsStatus": "DISABLED", **self.hung.of("insights", TableName)}

    def _named(self, arn: str) -> str:
        name = arn.rsplit("/", 1)[-1]
        self._shown(name)
        return name

    def _shown(self, name: str) -> dict[str, Any]:
        if name not in self.tables:
            raise Refusal(
                "ResourceNotFoundException", f"Requested resource not found: {name}", status=400
            )
        return {key: value for key, value in self.tables[name].items() if key != "Tags"}
