"""Commands killed with SIGKILL, Terraform with them: the same command again completes the work.

The tests run in order: each continues where the one before stopped.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import Exit
from tests.e2e.account import Account
from tests.e2e.deployed import duplicate
from tests.e2e.killing import kill_at, kill_terraform
from tests.e2e.project import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.project import Project

PROJECT_BUCKET = "resume-resumectl-000000000000-us-east-1"
FUNCTION = "resume-local-counter"
UPLOAD = ("deploy", "--yes", "--only", "backend", "--only", "site")
PAGES = 200


@pytest.fixture(scope="module")
def crashed(new_project: Callable[[], Project]) -> Project:
    """A project whose first deploy, Terraform and provider were killed once the table existed."""
    project = new_project()
    project.resumectl("local", "start")
    kill_terraform(project, 6, "deploy", "--yes")
    item = {"page": {"S": "/"}, "count": {"N": "41"}}
    project.client("dynamodb").put_item(TableName=FUNCTION, Item=item)
    return project


@pytest.fixture
def twin(crashed: Project, tmp_path: Path) -> Iterator[Project]:
    """A copy of it, before anything recovers it."""
    crashed.resumectl("local", "stop")
    project = duplicate(crashed.root, tmp_path / "resume", tmp_path / "home")
    crashed.resumectl("local", "start")
    yield project
    project.end()


def keys(project: Project, prefix: str) -> list[str]:
    """The keys of the project bucket under a prefix."""
    listed = project.client("s3").list_objects_v2(Bucket=PROJECT_BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", ())]


def versions(project: Project) -> set[str]:
    """The published versions of the function."""
    listed = project.client("lambda").list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    return {version["Version"] for version in listed} - {"$LATEST"}


def pages(project: Project, word: str) -> int:
    """How many pages of that word are uploaded."""
    listed = project.client("s3").list_objects_v2(Bucket=project.bucket, Prefix=f"{word}/")
    return int(listed["KeyCount"])


def write(project: Project, word: str) -> None:
    """Write many new pages, change one page and the function."""
    for name in ("page", *(f"{word}/{number}" for number in range(PAGES))):
        page = f"<!doctype html><html lang=en><title>{word}</title>"
        project.write(f"frontend/{name}.html", page)
    source = (project.root / "lambda_src/counter.py").read_text().split("\n# ")[0]
    project.write("lambda_src/counter.py", f"{source}\n# {word}\n")


def whole(project: Project, word: str) -> None:
    """Everything is live and recorded, and nothing is left of the killed command."""
    releases = project.resumectl("history", "-n", "99", "--json").json["releases"]
    complete = [release for release in releases if release["status"] != "failed"]
    page = ask(f"{releases[0]['urls']['site']}page.html").body.decode()
    assert (word in page, pages(project, word)) == (True, PAGES)
    assert versions(project) == {release["function"]["version"] for release in complete}
    assert keys(project, "locks/") == []


def test_destroy_deletes_what_a_killed_deploy_created(twin: Project) -> None:
    """Terraform's state does not have it."""
    assert twin.client("dynamodb").list_tables()["TableNames"]
    destroyed = twin.resumectl("destroy", "--yes", "--json")
    assert destroyed.code == Exit.OK, destroyed
    assert {change["action"] for change in destroyed.json["changes"]} == {"delete"}
    assert twin.client("dynamodb").list_tables()["TableNames"] == []
    assert twin.client("apigatewayv2").get_apis()["Items"] == []
    buckets = [bucket["Name"] for bucket in twin.client("s3").list_buckets()["Buckets"]]
    assert buckets == [PROJECT_BUCKET]


def test_on_another_machine_a_killed_deploy_still_holds_terraforms_lock(crashed: Project) -> None:
    """The record of the killed run is on the machine where it ran: nothing here proves its end."""
    here, away = crashed.root / ".resumectl/env", crashed.root / ".resumectl/elsewhere"
    here.rename(away)
    try:
        locked = crashed.resumectl("deploy", "--yes", "--json")
    finally:
        shutil.rmtree(here, ignore_errors=True)
        away.rename(here)
    assert (locked.code, locked.json["error"]["code"]) == (Exit.LOCKED, "locked"), locked
    assert locked.json["error"]["hint"].endswith("resumectl unlock --env local")


def test_the_next_deploy_imports_what_a_killed_one_created(crashed: Project) -> None:
    deployed = crashed.resumectl("deploy", "--yes", "--json")
    assert deployed.code == Exit.OK, deployed
    changed = {change["key"] for change in deployed.json["changes"]}
    assert "aws_dynamodb_table.counter" not in changed
    assert json.loads(ask(deployed.json["urls"]["counter"]).body)["count"] == 41
    distributions = crashed.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    apis = crashed.client("apigatewayv2").get_apis()["Items"]
    assert (len(distributions), len(apis)) == (1, 1)


def test_then_nothing_is_left_to_deploy_and_nothing_has_drifted(crashed: Project) -> None:
    status = crashed.resumectl("status", "--json")
    assert (status.code, status.json["drift"]) == (Exit.OK, []), status
    nothing = {"to_deploy": 0, "drifted": 0}
    assert status.json["parts"] == {"infra": nothing, "function": nothing, "site": nothing}


def test_killed_between_publishing_the_function_and_moving_the_alias(crashed: Project) -> None:
    write(crashed, "one")
    before = versions(crashed)
    kill_at(crashed, rf"PUT \S*/functions/{FUNCTION}/aliases/live ", *UPLOAD)
    assert versions(crashed) > before
    assert crashed.resumectl(*UPLOAD).code == Exit.OK
    whole(crashed, "one")


def test_killed_while_the_site_is_uploaded(crashed: Project) -> None:
    write(crashed, "two")
    kill_at(crashed, r"PUT \S*/two/5\.html", *UPLOAD)  # the 157th in the order of their names
    assert 0 < pages(crashed, "two") < PAGES
    assert crashed.resumectl(*UPLOAD).code == Exit.OK
    whole(crashed, "two")


def test_killed_before_the_release_is_recorded(crashed: Project) -> None:
    write(crashed, "three")
    account = Account(crashed.client)
    last = account.release()["id"]
    kill_at(crashed, rf"PUT /{PROJECT_BUCKET}/releases/local/\d", *UPLOAD)
    assert account.release()["id"] == last
    assert crashed.resumectl(*UPLOAD).code == Exit.OK
    assert (account.release()["id"], account.release()["status"]) == (last + 2, "verified")
    assert account.release(last + 1)["interrupted"]
    assert keys(crashed, "releases/local/journal") == []
    whole(crashed, "three")


def test_a_killed_rollback_goes_on(crashed: Project) -> None:
    account = Account(crashed.client)
    last = account.release()["id"]
    kill_at(crashed, rf"PUT \S*/functions/{FUNCTION}/aliases/live ", "rollback", "--yes")
    assert keys(crashed, "pins/")
    restored = crashed.resumectl("rollback", "--yes", "--json")
    assert restored.code == Exit.OK, restored
    assert restored.json["release"]["id"] == last + 2
    assert account.release(last + 1)["rollback_of"] == restored.json["target"]
    whole(crashed, "two")
    assert crashed.resumectl("deploy", "--yes", "--json").json["error"]["code"] == "pinned"
