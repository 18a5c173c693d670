"""Two projects whose first deploys are interrupted: the same command again completes both.

The tests run in order: each continues where the one before stopped.
"""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import Exit
from tests.e2e.gate import gate
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
    """Wait until Terraform has created the table; most of its work is still ahead."""
    tables = project.client("dynamodb")
    wait_until(lambda: running.poll() is not None or tables.list_tables()["TableNames"])
    assert running.poll() is None, finish(running)


@pytest.fixture(scope="module")
def stopped(new_project: Callable[[], Project]) -> tuple[Project, Run]:
    """A project whose first deploy was cancelled, as CI systems do: SIGINT, and then SIGTERM."""
    project = new_project()
    project.resumectl("local", "start")
    running = project.start("deploy", "--yes", "--json")
    until_halfway(project, running)
    running.send_signal(signal.SIGINT)
    running.send_signal(signal.SIGTERM)
    return project, finish(running)


@pytest.fixture(scope="module")
def unplugged(new_project: Callable[[], Project]) -> tuple[Project, Run]:
    """A project whose embedded cloud was killed in the middle of the first deploy.

    CloudFront has the function then, and has not published it: Terraform taints it.
    """
    project = new_project()
    project.resumectl("local", "start")
    with gate(project, "POST /[0-9-]+/function/[^/]+/publish") as barrier:
        running = project.start("deploy", "--yes", "--json")
        barrier.wait(running)
        state = project.root / ".resumectl/local/state/cloudfront.json"
        wait_until(lambda: state.exists() and "resume-local-index" in state.read_text())
        os.kill(project.local()["pid"], signal.SIGKILL)
        barrier.end()
        return project, finish(running)


def test_ctrl_c_in_the_middle_of_a_deploy_exits_with_130(stopped: tuple[Project, Run]) -> None:
    _, run = stopped

    assert Exit.INTERRUPTED == 130
    assert (run.code, run.json["error"]["code"]) == (Exit.INTERRUPTED, "interrupted"), run
    assert "Traceback" not in run.err


def test_only_one_of_two_interrupts_reaches_terraform(stopped: tuple[Project, Run]) -> None:
    project, run = stopped
    logs = list((project.root / ".resumectl/env/local/run").glob("*/terraform.log"))
    assert logs
    assert [log for log in logs if "Two interrupts received" in log.read_text()] == []
    assert "finishes the resources that it works on and saves its state" in run.err
    assert "Press Ctrl-C again to kill it" in run.err


def test_after_ctrl_c_the_same_command_completes_the_deploy(stopped: tuple[Project, Run]) -> None:
    project, _ = stopped
    again = project.resumectl("deploy", "--yes", "--json")
    assert again.code == 0, again
    assert again.json["release"]["status"] == "verified"
    assert {check["ok"] for check in again.json["checks"]} == {True}


def test_an_embedded_cloud_that_crashes_during_a_deploy_is_named(
    unplugged: tuple[Project, Run],
) -> None:
    _, run = unplugged

    assert run.code == Exit.FAILED, run
    assert run.json["error"]["code"] == "local", run
    assert "embedded cloud" in run.json["error"]["message"]
    assert "command again" in run.json["error"]["hint"]


def test_after_the_crash_the_same_command_completes_the_deploy(
    unplugged: tuple[Project, Run],
) -> None:
    project, _ = unplugged
    again = project.resumectl("deploy", "--yes", "--json")
    assert again.code == 0, again
    assert again.json["release"]["status"] == "verified"
    assert {check["ok"] for check in again.json["checks"]} == {True}


def test_two_projects_side_by_side_share_nothing(
    stopped: tuple[Project, Run], unplugged: tuple[Project, Run]
) -> None:
    one, two = stopped[0], unplugged[0]
    one.edit("frontend/resume.json", "Alex Morgan", "One")
    two.edit("frontend/resume.json", "Alex Morgan", "Two")
    both = [project.start("deploy", "--yes", "--json", "--only", "site") for project in (one, two)]
    runs = [finish(running) for running in both]
    assert [run.code for run in runs] == [0, 0], "\n".join(map(str, runs))
    first, second = (run.json["urls"] for run in runs)

    assert one.local()["port"] != two.local()["port"]
    assert b"<h1>One</h1>" in ask(first["site"]).body
    assert b"<h1>Two</h1>" in ask(second["site"]).body
    counters = [f"{urls['counter']}?page=/both" for urls in (first, first, second)]
    counts = [json.loads(ask(counter, "POST").body)["count"] for counter in counters]
    assert counts == [1, 2, 1]


def test_destroy_deletes_everything_but_the_ledger(
    stopped: tuple[Project, Run], unplugged: tuple[Project, Run]
) -> None:
    """Also a table with deletion protection; the other project is left alone."""
    project, other = stopped[0], unplugged[0]
    before = project.resumectl("history", "--json").json["releases"]
    (table,) = project.client("dynamodb").list_tables()["TableNames"]
    project.client("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=True)
    destroyed = project.resumectl("destroy", "--yes", "--json")
    assert destroyed.code == 0, destroyed
    assert {change["action"] for change in destroyed.json["changes"]} == {"delete"}

    distributions = project.client("cloudfront").list_distributions()["DistributionList"]
    buckets = [bucket["Name"] for bucket in project.client("s3").list_buckets()["Buckets"]]
    assert project.client("dynamodb").list_tables()["TableNames"] == []
    assert project.client("lambda").list_functions()["Functions"] == []
    assert project.client("apigatewayv2").get_apis()["Items"] == []
    assert project.client("iam").list_roles()["Roles"] == []
    assert distributions.get("Items", []) == []
    assert [name for name in buckets if "-site-" in name] == []

    after = [release["id"] for release in project.resumectl("history", "--json").json["releases"]]
    assert after == [before[0]["id"] + 1, *(release["id"] for release in before)]
    assert other.resumectl("smoke").code == 0


def test_a_provider_that_cannot_be_installed_is_named(
    new_project: Callable[[], Project], tmp_path: Path
) -> None:
    project, offline = new_project(), tmp_path / "terraform.rc"
    offline.write_text(NO_REGISTRY)
    plan = project.resumectl("plan", "--json", env={"TF_CLI_CONFIG_FILE": str(offline)})

    assert (plan.code, plan.json["error"]["code"]) == (Exit.FAILED, "terraform"), plan
    assert "AWS provider" in plan.json["error"]["message"]
    assert "RESUMECTL_PROVIDER_MIRROR" in plan.json["error"]["hint"]
    nothing = project.resumectl("destroy", "--json")
    assert nothing.code == 0, nothing
    assert nothing.json["changes"] == []
