"""What holds data: buckets, log groups and tables. A bucket gets its tags after it was made."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from resumectl import aws
from tests.fakes.terraform.kind import Kind, appears, made, rows, tags_of

if TYPE_CHECKING:
    from tests.fakes.terraform.kind import Attributes, Clients


class Bucket(Kind):
    replaced_by = ("bucket",)
    unread = MappingProxyType({"force_destroy": False})

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        s3 = clients("s3")
        if aws.found(s3.head_bucket, Bucket=id_) is None:
            return None
        tags = aws.found(s3.get_bucket_tagging, Bucket=id_) or {"TagSet": []}
        return {
            "id": id_,
            "bucket": id_,
            "arn": f"arn:aws:s3:::{id_}",
            "tags_all": tags_of(tags["TagSet"]),
            "bucket_regional_domain_name": f"{id_}.s3.{clients.region}.amazonaws.com",
        }

    def create(self, clients: Clients, wanted: Attributes) -> str:
        place = {"CreateBucketConfiguration": {"LocationConstraint": clients.region}}
        where = {} if clients.region == "us-east-1" else place
        clients("s3").create_bucket(Bucket=wanted["bucket"], **where)
        appears(lambda: aws.found(clients("s3").head_bucket, Bucket=wanted["bucket"]))
        with made(wanted["bucket"]):
            self.update(clients, wanted["bucket"], wanted)
        return str(wanted["bucket"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        clients("s3").put_bucket_tagging(Bucket=id_, Tagging={"TagSet": rows(wanted["tags_all"])})

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        s3 = clients("s3")
        if known.get("force_destroy"):
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=id_):
                found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                named = [{key: row[key] for key in ("Key", "VersionId")} for row in found]
                if named:
                    s3.delete_objects(Bucket=id_, Delete={"Objects": named, "Quiet": True})
        s3.delete_bucket(Bucket=id_)


class Versioning(Kind):
    replaced_by = ("bucket",)
    computed = ("id",)

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        found = aws.found(clients("s3").get_bucket_versioning, Bucket=id_)
        if not found or "Status" not in found:
            return None
        return {"id": id_, "bucket": id_, "versioning_configuration": [{"status": found["Status"]}]}

    def create(self, clients: Clients, wanted: Attributes) -> str:
        self.update(clients, wanted["bucket"], wanted)
        appears(lambda: self.read(clients, wanted["bucket"]))
        return str(wanted["bucket"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        status = {"Status": wanted["versioning_configuration"][0]["status"]}
        clients("s3").put_bucket_versioning(Bucket=id_, VersioningConfiguration=status)

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        suspended = {"Status": "Suspended"}
        clients("s3").put_bucket_versioning(Bucket=id_, VersioningConfiguration=suspended)


class LogGroup(Kind):
    replaced_by = ("name",)

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        logs = clients("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix=id_)["logGroups"]:
            if group["logGroupName"] == id_:
                arn = group["arn"].removesuffix(":*")
                tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
                kept = group.get("retentionInDays", 0)
                named = {"id": id_, "name": id_, "arn": arn}
                return {**named, "retention_in_days": kept, "tags_all": tags}
        return None

    def create(self, clients: Clients, wanted: Attributes) -> str:
        clients("logs").create_log_group(logGroupName=wanted["name"], tags=wanted["tags_all"])
        with made(wanted["name"]):
            self.update(clients, wanted["name"], wanted)
        return str(wanted["name"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        days = wanted["retention_in_days"]
        clients("logs").put_retention_policy(logGroupName=id_, retentionInDays=days)

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        clients("logs").delete_log_group(logGroupName=id_)


class Table(Kind):
    replaced_by = ("name",)

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        found = aws.found(clients("dynamodb").describe_table, TableName=id_)
        if found is None:
            return None
        table = found["Table"]
        tags = clients("dynamodb").list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        return {
            "id": id_,
            "name": id_,
            "arn": table["TableArn"],
            "deletion_protection_enabled": table["DeletionProtectionEnabled"],
            "tags_all": tags_of(tags),
        }

    def create(self, clients: Clients, wanted: Attributes) -> str:
        clients("dynamodb").create_table(
            TableName=wanted["name"],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "page", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "page", "KeyType": "HASH"}],
            DeletionProtectionEnabled=wanted["deletion_protection_enabled"],
            Tags=rows(wanted["tags_all"]),
        )
        return str(wanted["name"])

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        protected = wanted["deletion_protection_enabled"]
        clients("dynamodb").update_table(TableName=id_, DeletionProtectionEnabled=protected)

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        clients("dynamodb").delete_table(TableName=id_)
