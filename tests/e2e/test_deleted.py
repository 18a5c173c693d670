"""What somebody deleted by hand, from AWS or from Terraform's state; what says so, and what helps.

The tests run in order: each continues where the one before stopped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from resumectl.errors import Exit
from tests.e2e.account import Account
from tests.e2e.project import ask

if TYPE_CHECKING:
    from tests.e2e.project import Project, Run

LOST_TABLE = "aws_dynamodb_table.counter was deleted, with every count in it"
LOST = ("aws_apigatewayv2_route.all", "aws_lambda_alias.live")


def lose(project: Project, *addresses: str) -> None:
    """`terraform state rm`."""
    account = Account(project.client)
    key = "terraform/local.tfstate"
    document = json.loads(account.read(key))
    kept = [r for r in document["resources"] if f"{r['type']}.{r['name']}" not in addresses]
    body = json.dumps({**document, "serial": document["serial"] + 1, "resources": kept})
    account["s3"].put_object(Bucket=account.project_bucket, Key=key, Body=body)


def routes(project: Project) -> set[str]:
    api = project.client("apigatewayv2")
    id_ = api.get_apis()["Items"][0]["ApiId"]
    return {route["RouteKey"] for route in api.get_routes(ApiId=id_)["Items"]}


def drift(project: Project) -> dict[str, Any]:
    return project.resumectl("drift", "--json").json


def test_a_revert_keeps_what_only_the_state_lost(project: Project, first: Run) -> None:
    api = project.client("apigatewayv2")
    api.create_route(ApiId=api.get_apis()["Items"][0]["ApiId"], RouteKey="GET /mine")
    lose(project, *LOST)
    changes = {change["key"]: change for change in drift(project)["changes"]}
    assert changes.keys() == {"terraform.state", "route GET /mine"}
    assert changes["terraform.state"]["values"]["lacks"]["to"] == list(LOST)
    fixed = project.resumectl("drift", "--fix", "--yes", "--json")
    assert (fixed.code, fixed.json["reverted"]) == (Exit.OK, True), fixed
    assert routes(project) == {"$default"}
    assert ask(first.json["urls"]["counter"]).status == 200


def delete_table(project: Project) -> None:
    tables = project.client("dynamodb")
    (table,) = tables.list_tables()["TableNames"]
    tables.update_table(TableName=table, DeletionProtectionEnabled=False)
    tables.delete_table(TableName=table)


def delete_bucket(project: Project) -> None:
    s3, bucket = project.client("s3"), project.bucket
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for row in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            s3.delete_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def test_an_empty_table_in_place_of_a_deleted_one_needs_force(project: Project) -> None:
    """One deploy makes it again, and a deleted bucket with all that belongs to it."""
    delete_table(project)
    delete_bucket(project)
    found = drift(project)
    assert any(line.startswith(LOST_TABLE) for line in found["lost"]), found["lost"]
    assert "route GET /mine" not in {change["key"] for change in found["changes"]}
    refused = project.resumectl("deploy", "--yes", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (Exit.FAILED, "data-loss"), refused
    assert project.client("dynamodb").list_tables()["TableNames"] == []
    deployed = project.resumectl("deploy", "--yes", "--force", "--json")
    assert deployed.code == Exit.OK, deployed
    assert drift(project)["changes"] == []
