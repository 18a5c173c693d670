"""A project whose commands are killed with SIGKILL, Terraform with them: the same command again brings it to the end.

The tests follow one another: each finds what the one before left.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import Exit
from tests.e2e.killing import kill_terraform, kill_when
from tests.e2e.project import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.project import Project

PROJECT_BUCKET = "resume-resumectl-000000000000-us-east-1"
PARTS = ("deploy", "--yes", "--only", "backend", "--only", "site")
PAGES = 200


@pytest.fixture(scope="module")
def crashed(new_project: Callable[[], Project]) -> Project:
    """A project whose first deploy was killed, Terraform and its provider with it, when the table was there."""
    project = new_project()
    project.resumectl("local", "start")
    kill_terraform(project, 6, "deploy", "--yes")
    item = {"page": {"S": "/"}, "count": {"N": "41"}}
    project.client("dynamodb").put_item(TableName="resume-local-counter", Item=item)
    return project


def release(project: Project) -> dict[str, Any]:
    """The newest record."""
    found: dict[str, Any] = project.resumectl("history", "-n", "99", "--json").json["releases"][0]
    return found


def keys(project: Project, prefix: str) -> list[str]:
    """What the project bucket holds."""
    listed = project.client("s3").list_objects_v2(Bucket=PROJECT_BUCKET, Prefix=prefix)
    return [found["Key"] for found in listed.get("Contents", ())]


def versions(project: Project) -> set[str]:
    """The published versions of the function."""
    listed = project.client("lambda").list_versions_by_function(
        FunctionName="resume-local-counter"
    )["Versions"]
    return {found["Version"] for found in listed} - {"$LATEST"}


def pages(project: Project, word: str) -> int:
    """How many of the pages of that word are live."""
    return int(
        project.client("s3").list_objects_v2(Bucket=project.bucket, Prefix=f"{word}/")["KeyCount"]
    )


def write(project: Project, word: str) -> None:
    """Many more pages, one that is another one now, and another function."""
    for name in ("page", *(f"{word}/{number}" for number in range(PAGES))):
        project.write(
            f"frontend/{name}.html", f"<!doctype html><html lang=en><title>{word}</title>"
        )
    source = (project.root / "lambda_src/counter.py").read_text().split("\n# ")[0]
    project.write("lambda_src/counter.py", f"{source}\n# {word}\n")


def whole(project: Project, word: str) -> None:
    """All of it is live and recorded, and nothing is left of the attempts before."""
    releases = project.resumectl("history", "-n", "99", "--json").json["releases"]
    ended = [found for found in releases if found["status"] != "failed"]
    page = ask(f"{releases[0]['urls']['site']}page.html").body.decode()
    assert (word in page, pages(project, word)) == (True, PAGES)
    assert versions(project) == {found["function"]["version"] for found in ended}
    assert keys(project, "locks/") == []


def test_on_another_machine_the_lock_is_named_and_what_to_do(crashed: Project) -> None:
    """There is no record of the killed run: nothing proves that it has ended."""
    here, away = crashed.root / ".resumectl/env", crashed.root / ".resumectl/elsewhere"
    here.rename(away)
    try:
        done = crashed.resumectl("deploy", "--yes", "--json")
    finally:
        shutil.rmtree(here, ignore_errors=True)
        away.rename(here)
    assert done.code == Exit.LOCKED
    assert "Terraform's state is locked by" in done.json["error"]["message"]
    assert done.json["error"]["hint"].endswith("resumectl unlock --env local")


def test_what_a_killed_terraform_made_is_taken_over(crashed: Project) -> None:
    done = crashed.resumectl("deploy", "--yes", "--json")
    assert done.code == Exit.OK, done
    assert "Released Terraform's state lock of" in done.err
    assert "that an interrupted deploy made: taking them over." in done.err
    table = {change["key"] for change in done.json["changes"]}
    assert "aws_dynamodb_table.counter" not in table
    found = json.loads(ask(done.json["urls"]["counter"]).body)
    assert found["count"] == 41
    distributions = crashed.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    apis = crashed.client("apigatewayv2").get_apis()["Items"]
    assert (len(distributions), len(apis)) == (1, 1)


@pytest.mark.parametrize("command", [("plan", "--exit-code"), ("drift",)])
def test_then_nothing_is_left_to_do(crashed: Project, command: tuple[str, ...]) -> None:
    done = crashed.resumectl(*command, "--json")
    assert done.code == Exit.OK, done
    assert done.json["changes"] == []


def test_killed_while_the_function_is_published(crashed: Project) -> None:
    write(crashed, "one")
    before = versions(crashed)
    kill_when(crashed, lambda: versions(crashed) > before, *PARTS)
    assert crashed.resumectl(*PARTS).code == Exit.OK
    whole(crashed, "one")


def test_killed_while_the_site_is_uploaded(crashed: Project) -> None:
    write(crashed, "two")
    kill_when(crashed, lambda: pages(crashed, "two"), *PARTS)
    assert pages(crashed, "two") < PAGES
    assert crashed.resumectl(*PARTS).code == Exit.OK
    whole(crashed, "two")


def test_killed_before_it_is_recorded(crashed: Project) -> None:
    """When all is uploaded, and only the tests and the record are left."""
    write(crashed, "three")
    last, told = release(crashed)["id"], len(crashed.invalidated())
    kill_when(crashed, lambda: len(crashed.invalidated()) > told, *PARTS)
    assert release(crashed)["id"] == last
    assert crashed.resumectl(*PARTS).code == Exit.OK
    assert (release(crashed)["id"], release(crashed)["status"]) == (last + 1, "verified")
    whole(crashed, "three")


def test_a_rollback_that_was_killed_goes_on(crashed: Project) -> None:
    last = release(crashed)["id"]
    kill_when(crashed, lambda: keys(crashed, "pins/"), "rollback", "--yes")
    done = crashed.resumectl("rollback", "--yes", "--json")
    assert done.code == Exit.OK, done
    assert (done.json["release"]["id"], done.json["target"]) == (last + 1, last - 1)
    whole(crashed, "two")
    assert crashed.resumectl("deploy", "--yes", "--json").json["error"]["code"] == "pinned"
