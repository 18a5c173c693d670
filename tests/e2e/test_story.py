"""The story of the tool: a fresh clone goes live, is changed part by part, breaks and is repaired.

Each test finds the project deployed and leaves it so.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from resumectl.errors import Exit
from resumectl.resume.build import build
from tests.e2e.gate import gate
from tests.e2e.project import Run, ask, finish, wait_until
from tests.e2e.served import NO_TERRAFORM

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.project import Project

pytestmark = pytest.mark.usefixtures("first")

PAGE = "<!doctype html><html lang=en><title>{0}</title><h1>{0}</h1>"
ODD_NAMES = (
    "with space.html",
    "café/ünï.html",
    "a+b.html",
    "100%.html",
    "it's (me) & you.html",
    "~[draft].html",
)


@pytest.fixture(scope="module")
def urls(first: Run) -> dict[str, str]:
    return dict(first.json["urls"])


def versions(project: Project) -> dict[str, str]:
    """The version of each object that is live."""
    listed = project.client("s3").list_object_versions(Bucket=project.bucket)["Versions"]
    return {entry["Key"]: entry["VersionId"] for entry in listed if entry["IsLatest"]}


def alias(project: Project) -> dict[str, Any]:
    """The live version of the function."""
    functions = project.client("lambda")
    name = functions.list_functions()["Functions"][0]["FunctionName"]
    return dict(functions.get_function_configuration(FunctionName=name, Qualifier="live"))


def count(urls: dict[str, str], method: str, page: str = "/story") -> int:
    answer = ask(f"{urls['counter']}?page={page}", method)
    assert answer.status == 200
    return int(json.loads(answer.body)["count"])


def test_a_fresh_clone_goes_live(
    project: Project, first: Run, urls: dict[str, str], tmp_path: Path
) -> None:
    release = first.json["release"]
    page = ask(urls["site"])
    build(project.root / "frontend", tmp_path / "site")
    built = (tmp_path / "site/index.html").read_bytes()

    assert (release["id"], release["status"]) == (1, "verified")
    assert release["git"] == {"revision": project.git("rev-parse", "HEAD"), "dirty": False}
    assert {change["action"] for change in first.json["changes"]} == {"create"}
    assert {check["ok"] for check in first.json["checks"]} == {True}
    assert (page.status, page.body) == (200, built)
    assert page.headers["Content-Type"].startswith("text/html")
    assert b"Alex Morgan" in page.body


def test_the_counter_counts(urls: dict[str, str]) -> None:
    before = count(urls, "GET")

    counts = [count(urls, method) for method in ("POST", "POST", "GET")]
    assert counts == [before + 1, before + 2, before + 2]
    assert count(urls, "GET", "/elsewhere") == 0


def test_a_deploy_leaves_the_git_worktree_clean(project: Project) -> None:
    assert project.git("status", "--porcelain") == ""


def test_an_edited_page_is_one_upload_and_one_invalidation(
    project: Project, urls: dict[str, str]
) -> None:
    page, key = f"{urls['site']}about/", "about/index.html"
    project.write(f"frontend/{key}", PAGE.format("About"))
    added = project.resumectl("deploy", "--yes", "--only", "site")
    before, invalidated = versions(project), project.invalidated()
    assert (added.code, ask(page).body) == (0, PAGE.format("About").encode()), added

    project.write(f"frontend/{key}", PAGE.format("About me"))
    change = {"part": "site", "key": key, "action": "update", "fields": ["sha256"]}
    plan = project.resumectl("plan", "--exit-code", "--json", "--only", "site")
    assert plan.code == Exit.DIFFERENT, plan
    assert plan.json["changes"] == [change]
    deploy = ("deploy", "--yes", "--json", "--only", "site", "-m", "Said who")
    edited = project.resumectl(*deploy)

    assert edited.code == 0, edited
    assert edited.json["changes"] == [change]
    assert edited.json["release"]["message"] == "Said who"
    assert edited.json["release"]["git"]["dirty"]
    after = versions(project)
    assert {name for name in after if after[name] != before.get(name)} == {key}
    assert project.invalidated() == [*invalidated, ["/about", "/about/", f"/{key}"]]
    assert ask(page).body == PAGE.format("About me").encode()


def test_an_edited_handler_moves_the_alias_and_leaves_the_site_alone(
    project: Project, urls: dict[str, str]
) -> None:
    before, objects, visits = alias(project), versions(project), count(urls, "GET")
    with (project.root / "lambda_src/counter.py").open("a") as handler:
        handler.write("\n# Another version.\n")
    project.write("frontend/not-yet.html", PAGE.format("Not yet"))
    deployed = project.resumectl("deploy", "--yes", "--json", "--only", "backend")
    after = alias(project)

    assert deployed.code == 0, deployed
    changes = [(change["part"], change["key"]) for change in deployed.json["changes"]]
    assert changes == [("function", "live")]
    assert int(after["Version"]) == int(before["Version"]) + 1
    assert after["CodeSha256"] != before["CodeSha256"]
    assert versions(project) == objects
    assert count(urls, "POST") == visits + 1
    (project.root / "frontend/not-yet.html").unlink()


def test_a_terraform_variable_reaches_the_live_version(project: Project) -> None:
    project.edit("resumectl.toml", "timeout_s = 28", "timeout_s = 28, memory_mb = 256")
    plan = project.resumectl("plan", "--exit-code", "--json")
    assert plan.code == Exit.DIFFERENT, plan
    assert [(change["part"], change["fields"]) for change in plan.json["changes"]] == [
        ("infra", ["memory_size"]),
        ("function", ["settings"]),
    ]
    assert {change["action"] for change in plan.json["changes"]} == {"update"}
    before = alias(project)
    deployed = project.resumectl("deploy", "--yes", "--json")
    after = alias(project)

    assert deployed.code == 0, deployed
    assert deployed.json["changes"] == plan.json["changes"]
    assert (before["MemorySize"], after["MemorySize"]) == (128, 256)
    assert int(after["Version"]) == int(before["Version"]) + 1
    assert after["CodeSha256"] == before["CodeSha256"]


def test_a_second_deploy_changes_nothing_whatever_aws_settings_the_user_has(
    project: Project,
) -> None:
    hostile = {
        **dict.fromkeys(
            ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "AWS_ENDPOINT_URL"), "http://127.0.0.1:9"
        ),
        **dict.fromkeys(
            ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"), "nobody"
        ),
        **dict.fromkeys(("AWS_CONFIG_FILE", "AWS_CA_BUNDLE", "TF_DATA_DIR"), "/nowhere"),
        "TF_CLI_ARGS": "-no-such-flag",
        "TF_CLI_ARGS_plan": "-destroy",
        "TF_WORKSPACE": "other",
        "TF_LOG": "TRACE",
    }
    before = versions(project), alias(project)["Version"], project.invalidated()
    releases = project.resumectl("history", "--json").json["releases"]
    second = project.resumectl("deploy", env=hostile)

    assert second.code == 0, second
    assert "Nothing to deploy" in second.out
    assert (versions(project), alias(project)["Version"], project.invalidated()) == before
    assert project.resumectl("history", "--json").json["releases"] == releases
    assert project.resumectl("status", "--json", env=NO_TERRAFORM).json["drift"] == []
    assert project.resumectl("smoke", env=hostile).code == 0


def test_smoke_names_what_is_broken_and_deploy_repairs_it(
    project: Project, urls: dict[str, str], tmp_path: Path
) -> None:
    report = tmp_path / "smoke.xml"
    well = project.resumectl("smoke", "--json", "--junit", str(report))
    suite = ET.parse(report).getroot()
    cases = list(suite.iter("testcase"))
    assert well.code == 0, well
    assert [case.get("name") for case in cases] == [check["name"] for check in well.json["checks"]]
    assert not list(suite.iter("failure"))

    project.client("s3").delete_object(Bucket=project.bucket, Key="index.html")
    broken = project.resumectl("smoke", "--json", "--junit", str(report))
    assert (broken.code, broken.json["error"]["code"]) == (Exit.SMOKE_FAILED, "smoke"), broken
    assert len(list(ET.parse(report).getroot().iter("failure"))) >= 1
    assert ask(urls["site"]).status == 404

    repaired = project.resumectl("deploy", "--yes", "--json", "--only", "site")
    assert [change["key"] for change in repaired.json["changes"]] == ["index.html"], repaired
    assert (repaired.code, ask(urls["site"]).status) == (0, 200)


def test_every_name_is_served_as_it_is_written(project: Project, urls: dict[str, str]) -> None:
    for name in ODD_NAMES:
        project.write(f"frontend/odd/{name}", PAGE.format(name))
    deployed = project.resumectl("deploy", "--yes", "--json", "--only", "site")
    assert deployed.code == 0, deployed
    keys = {change["key"] for change in deployed.json["changes"]}
    assert keys == {f"odd/{name}" for name in ODD_NAMES}
    for name in ODD_NAMES:
        answer = ask(f"{urls['site']}odd/{quote(name)}")
        assert (answer.status, answer.body) == (200, PAGE.format(name).encode()), name


def test_a_large_file_is_served_whole(project: Project, urls: dict[str, str]) -> None:
    film = project.write("frontend/film.mp4", os.urandom(60_000_000))
    deployed = project.resumectl("deploy", "--yes", "--json", "--only", "site")
    answer = ask(f"{urls['site']}film.mp4")

    assert deployed.code == 0, deployed
    assert (answer.status, answer.headers["Content-Type"]) == (200, "video/mp4")
    assert hashlib.sha256(answer.body).hexdigest() == hashlib.sha256(film.read_bytes()).hexdigest()

    film.unlink()
    removed = project.resumectl("deploy", "--yes", "--json", "--only", "site")
    changes = [(change["key"], change["action"]) for change in removed.json["changes"]]
    assert changes == [("film.mp4", "delete")]
    assert (removed.code, ask(f"{urls['site']}film.mp4").status) == (0, 404), removed


@pytest.mark.parametrize(
    "how", [(), ("--json",), ("--quiet",)], ids=lambda how: " ".join(how) or "plain"
)
def test_without_a_terminal_and_without_yes_nothing_is_changed(
    project: Project, how: tuple[str, ...]
) -> None:
    page = project.write("frontend/index.html", PAGE.format("Asked?"))
    (project.root / "frontend/index.html.j2").rename(project.root / "frontend/index.html.j2~")
    before = versions(project)
    refused = project.resumectl("deploy", "--only", "site", *how)
    (project.root / "frontend/index.html.j2~").rename(project.root / "frontend/index.html.j2")
    page.unlink()

    assert refused.code == Exit.FAILED, refused
    assert "hint: " in refused.err
    assert "--yes" in refused.err
    assert versions(project) == before
    if how == ("--json",):
        assert refused.json["error"]["code"] == "no-terminal"


def test_one_deploy_at_a_time(project: Project) -> None:
    """A second deploy is refused while one runs, or waits for its end."""
    deploy = ("deploy", "--yes", "--json", "--only", "site")
    project.write("frontend/new.html", PAGE.format("New"))
    with gate(project, r"PUT \S*/new\.html") as closed:
        leader = project.start(*deploy)
        closed.wait(leader)
        refused = project.resumectl(*deploy)
        follower = project.start(*deploy, "--wait", "600")
        assert follower.stderr
        wait_until(lambda: "lock" in next(follower.stderr))
        closed.open()
        led, followed = finish(leader), finish(follower)

    assert (led.code, refused.code, followed.code) == (0, Exit.LOCKED, 0), (led, refused, followed)
    assert refused.json["error"]["code"] == "locked"
    assert "(deploy, since" in refused.json["error"]["message"]
    assert [change["key"] for change in led.json["changes"]] == ["new.html"]
    assert followed.json["changes"] == []


def test_the_embedded_cloud_keeps_everything_across_a_stop(
    project: Project, urls: dict[str, str]
) -> None:
    visits, page = count(urls, "POST"), ask(urls["site"]).body
    releases = project.resumectl("history", "--json").json
    stopped = project.resumectl("local", "stop", "--json")
    assert (stopped.code, stopped.json["state"]) == (0, "stopped")
    assert project.resumectl("status", "--json").json["ok"]
    started = project.resumectl("local", "start", "--json")

    assert (started.code, started.json["state"]) == (0, "running")
    assert ask(urls["site"]).body == page
    assert (count(urls, "GET"), count(urls, "POST")) == (visits, visits + 1)
    assert project.resumectl("history", "--json").json == releases
