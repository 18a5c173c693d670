"""Two projects side by side whose first deploys go wrong halfway: the same command again brings both to the end."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import Exit
from tests.e2e.project import Project, Run, ask, finish, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import Popen

NO_REGISTRY = """
provider_installation {
  network_mirror {
    url = "https://127.0.0.1:9/"
  }
}
"""


def until_halfway(project: Project, running: Popen[str]) -> None:
    """Wait until Terraform has made the counter's table, with most of its work still ahead."""
    tables = project.client("dynamodb")
    wait_until(lambda: running.poll() is not None or tables.list_tables()["TableNames"])
    assert running.poll() is None, finish(running)


@pytest.fixture(scope="module")
def stopped(new_project: Callable[[], Project]) -> tuple[Project, Run]:
    """A project whose first deploy was ended with Ctrl-C."""
    project = new_project()
    project.resumectl("local", "start")
    running = project.start("deploy", "--yes", "--json")
    until_halfway(project, running)
    running.send_signal(signal.SIGINT)
    return project, finish(running)


@pytest.fixture(scope="module")
def unplugged(new_project: Callable[[], Project]) -> tuple[Project, Run]:
    """A project whose embedded cloud was killed in the middle of the first deploy."""
    project = new_project()
    project.resumectl("local", "start")
    running = project.start("deploy", "--yes", "--json")
    until_halfway(project, running)
    os.kill(project.local()["pid"], signal.SIGKILL)
    return project, finish(running)


def test_ctrl_c_in_the_middle_says_so(stopped: tuple[Project, Run]) -> None:
    _, run = stopped

    assert (run.code, run.json["error"]["code"]) == (Exit.INTERRUPTED, "interrupted"), run
    assert "Traceback" not in run.err


def test_after_ctrl_c_the_same_command_comes_to_the_end(stopped: tuple[Project, Run]) -> None:
    project, _ = stopped
    again = project.resumectl("deploy", "--yes", "--json")
    assert again.code == 0, again
    assert again.json["release"]["status"] == "verified"
    assert {check["ok"] for check in again.json["checks"]} == {True}
    plan = project.resumectl("plan", "--exit-code", "--json")
    assert plan.code == 0, plan
    assert plan.json["changes"] == []


def test_a_cloud_that_ends_in_the_middle_is_named(unplugged: tuple[Project, Run]) -> None:
    _, run = unplugged

    assert run.code == Exit.FAILED, run
    assert run.json["error"]["code"] == "local", run
    assert "embedded cloud crashed" in run.json["error"]["message"]
    assert "Run the command again" in run.json["error"]["hint"]


def test_after_the_cloud_ended_the_same_command_comes_to_the_end(
    unplugged: tuple[Project, Run],
) -> None:
    project, _ = unplugged
    again = project.resumectl("deploy", "--yes", "--json")
    assert again.code == 0, again
    assert again.json["release"]["status"] == "verified"
    assert {check["ok"] for check in again.json["checks"]} == {True}


def test_two_projects_do_not_meet(
    stopped: tuple[Project, Run], unplugged: tuple[Project, Run]
) -> None:
    one, two = stopped[0], unplugged[0]
    one.edit("frontend/resume.json", "Alex Morgan", "One")
    two.edit("frontend/resume.json", "Alex Morgan", "Two")
    both = [project.start("deploy", "--yes", "--json", "--only", "site") for project in (one, two)]
    ended = [finish(running) for running in both]
    assert [run.code for run in ended] == [0, 0], "\n".join(map(str, ended))
    urls = [run.json["urls"] for run in ended]

    assert one.local()["port"] != two.local()["port"]
    assert [
        b"<h1>One</h1>" in ask(urls[0]["site"]).body,
        b"<h1>Two</h1>" in ask(urls[1]["site"]).body,
    ] == [True, True]
    counts = [
        ask(f"{url['counter']}?page=/both", "POST").body for url in (urls[0], urls[0], urls[1])
    ]
    assert [json.loads(body)["count"] for body in counts] == [1, 2, 1]


def test_destroy_leaves_nothing(
    stopped: tuple[Project, Run], unplugged: tuple[Project, Run]
) -> None:
    """Not even what somebody protected."""
    project, other = stopped[0], unplugged[0]
    made = project.resumectl("history", "--json").json["releases"]
    (table,) = project.client("dynamodb").list_tables()["TableNames"]
    project.client("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=True)
    done = project.resumectl("destroy", "--yes", "--json")
    assert done.code == 0, done
    assert {change["action"] for change in done.json["changes"]} == {"delete"}

    assert project.client("dynamodb").list_tables()["TableNames"] == []
    assert project.client("lambda").list_functions()["Functions"] == []
    assert project.client("apigatewayv2").get_apis()["Items"] == []
    assert project.client("iam").list_roles()["Roles"] == []
    assert (
        project.client("cloudfront").list_distributions()["DistributionList"].get("Items", []) == []
    )
    buckets = [found["Name"] for found in project.client("s3").list_buckets()["Buckets"]]
    assert [name for name in buckets if "-site-" in name] == []

    releases = project.resumectl("history", "--json").json["releases"]
    assert [found["id"] for found in releases] == [
        made[0]["id"] + 1,
        *(found["id"] for found in made),
    ]
    plan = project.resumectl("plan", "--exit-code", "--json")
    assert plan.code == Exit.DIFFERENT, plan
    assert {change["action"] for change in plan.json["changes"]} == {"create"}
    assert {change["part"] for change in plan.json["changes"]} == {"infra", "function", "site"}
    assert other.resumectl("smoke").code == 0, "the other project is as it was"


def test_a_provider_that_cannot_be_had_is_named(
    new_project: Callable[[], Project], tmp_path: Path
) -> None:
    project, offline = new_project(), tmp_path / "terraform.rc"
    offline.write_text(NO_REGISTRY)
    plan = project.resumectl("plan", "--json", env={"TF_CLI_CONFIG_FILE": str(offline)})

    assert (plan.code, plan.json["error"]["code"]) == (Exit.FAILED, "terraform"), plan
    assert "Terraform could not install the AWS provider." in plan.json["error"]["message"]
    assert "RESUMECTL_PROVIDER_MIRROR" in plan.json["error"]["hint"]
    nothing = project.resumectl("destroy", "--json")
    assert nothing.code == 0, nothing
    assert nothing.json["changes"] == []
