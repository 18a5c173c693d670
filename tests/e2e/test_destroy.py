"""Taking down what was never finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl.errors import Exit
from tests.e2e.killing import kill_terraform

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.project import Project

PROJECT_BUCKET = "resume-resumectl-000000000000-us-east-1"


def test_destroying_what_a_killed_deploy_made_leaves_nothing(
    new_project: Callable[[], Project],
) -> None:
    """The state knows nothing of it."""
    project = new_project()
    project.resumectl("local", "start")
    kill_terraform(project, 6, "deploy", "--yes")
    assert project.client("dynamodb").list_tables()["TableNames"]
    done = project.resumectl("destroy", "--yes", "--json")
    assert done.code == Exit.OK, done
    assert {change["action"] for change in done.json["changes"]} == {"delete"}
    assert project.client("dynamodb").list_tables()["TableNames"] == []
    assert project.client("apigatewayv2").get_apis()["Items"] == []
    assert [found["Name"] for found in project.client("s3").list_buckets()["Buckets"]] == [
        PROJECT_BUCKET
    ]
