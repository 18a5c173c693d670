"""Whose it is: another project of the same name, and what a stranger named as we would.

The tests run in order: the first deploy here tells the project bucket the origin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from resumectl import settings
from resumectl.aws import Cloud
from resumectl.commands import deploy, destroy, history, revert, rollback
from resumectl.errors import Exit, Refused
from tests.e2e.account import Account
from tests.e2e.inside import context
from tests.e2e.project import Project
from tests.functional.world import Agreed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resumectl.steps.context import Context

OURS, THEIRS = "https://example.com/alex/resume", "https://example.com/sam/resume"
STAGE = "\n[env.stage]\nemulator = true\n"
NAME, CODE = "resume-stage-index", b"function handler(event) { return event.request; }"

COMMANDS: dict[str, Callable[[Context], Any]] = {
    "deploy": lambda ctx: deploy.deploy(ctx, deploy.Options(force=True), Agreed()),
    "destroy": lambda ctx: destroy.destroy(ctx, Agreed()),
    "drift --fix": lambda ctx: revert.revert(ctx, Agreed(), force=True),
    "rollback": lambda ctx: rollback.rollback(ctx, rollback.Options(release=1), Agreed()),
}


def function(project: Project) -> tuple[bytes, str]:
    """The stranger's code as CloudFront has it, and its ETag."""
    stored = project.client("cloudfront").get_function(Name=NAME, Stage="DEVELOPMENT")
    return stored["FunctionCode"].read(), stored["ETag"]


def everything(project: Project) -> dict[str, Any]:
    """What a command could have written."""
    account = Account(project.client)
    names = [row["Name"] for row in account["s3"].list_buckets()["Buckets"]]
    versions = account["lambda"].list_versions_by_function(
        FunctionName=account.outputs["function_name"]
    )["Versions"]
    return {
        "objects": {name: account.versions(name) for name in names},
        "function": ([row["Version"] for row in versions], account.alias()),
        "tables": account["dynamodb"].list_tables()["TableNames"],
        "distributions": account["cloudfront"].list_distributions()["DistributionList"]["Items"],
        "code": function(project),
    }


def inside(checkout: Project, project: Project) -> Context:
    """The environment of another checkout, on the project's embedded cloud."""
    cloud = Cloud(settings.load(checkout.root).environment("local"), project.local()["endpoint"])
    return context(checkout, cloud)


@pytest.fixture(scope="module")
def theirs(project: Project) -> tuple[bytes, str]:
    """A CloudFront function with the name that the index function of `stage` gets."""
    project.git("remote", "add", "origin", OURS)
    project.write("resumectl.toml", (project.root / "resumectl.toml").read_text() + STAGE)
    project.client("cloudfront").create_function(
        Name=NAME,
        FunctionConfig={"Comment": "Redirects", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=CODE,
    )
    return function(project)


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_a_stranger_s_cloudfront_function_stays_as_it_is(
    project: Project, theirs: tuple[bytes, str], command: str
) -> None:
    run = project.resumectl(command, "--env", "stage", "--yes", "--json")
    expected = {"deploy": Exit.FAILED, "destroy": Exit.OK}[command]
    assert run.code == expected, run
    assert NAME in run.err
    assert function(project) == theirs
    assert "resume-stage-counter" not in project.client("dynamodb").list_tables()["TableNames"]


@pytest.mark.parametrize("command", COMMANDS)
def test_another_project_of_the_same_name_writes_nothing(
    project: Project, theirs: tuple[bytes, str], tmp_path: Path, command: str
) -> None:
    other = Project.copy(tmp_path / "resume", tmp_path / "home")
    other.git("remote", "add", "origin", THEIRS)
    before = everything(project)
    with pytest.raises(Refused, match=r"example\.com/alex/resume; this one: example\.com/sam"):
        COMMANDS[command](inside(other, project))
    assert everything(project) == before
    assert before["code"] == theirs


def test_another_checkout_of_the_same_repository_is_the_same_project(
    project: Project, tmp_path: Path
) -> None:
    other = Project.copy(tmp_path / "resume", tmp_path / "home")
    other.git("remote", "add", "origin", OURS)
    assert history.history(inside(other, project), 5).body["releases"]
