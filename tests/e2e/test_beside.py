"""Commands that run in one checkout at the same time, on real Terraform.

The tests run in order: each continues where the one before stopped.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest

from resumectl.errors import Exit
from tests.e2e.gate import gate
from tests.e2e.project import ask, finish

if TYPE_CHECKING:
    from tests.e2e.project import Project, Run

pytestmark = pytest.mark.usefixtures("first")

BUILD = 'build = "rm -rf public && mkdir public && cp -r static/. public"\noutput = "public"'
STAGE = "\n[env.stage]\nemulator = true\n[env.stage.variables]\nfunction = { timeout_s = 28 }\n"
PAGE = "<!doctype html><html lang=en><title>{0}</title><h1>{0}</h1>"


def write(project: Project, word: str, memory: int) -> None:
    """Another site of many pages, and another setting of the function."""
    for number in range(40):
        project.write(f"static/page-{number}.html", PAGE.format(f"{word} {number}"))
    for name in ("index", "404"):
        project.write(f"static/{name}.html", PAGE.format(word))
    project.write("terraform/policies/word.json", f'"{word}"')
    text = (project.root / "terraform/variables.tf").read_text()
    name = "memory_mb            = optional(number, "
    edited = re.sub(rf"{re.escape(name)}\d+", f"{name}{memory}", text)
    assert edited != text
    project.write("terraform/variables.tf", edited)


@pytest.fixture(scope="module", autouse=True)
def built(project: Project, first: Run) -> Project:
    """The deployed project, now with a build command and with a file that Terraform reads."""
    project.edit("resumectl.toml", 'source = "frontend"', BUILD)
    project.write("resumectl.toml", (project.root / "resumectl.toml").read_text() + STAGE)
    project.write(".gitignore", (project.root / ".gitignore").read_text() + "public/\n")
    project.edit(
        "terraform/counter.tf",
        'description                    = "Visitor counter of ${local.name}"',
        'description                    = file("policies/word.json")',
    )
    write(project, "first", 192)
    deployed = project.resumectl("deploy", "--yes", "--force", "--json")
    assert deployed.code == Exit.OK, deployed
    return project


def function(project: Project, env: str = "local") -> dict[str, object]:
    name = f"resume-{env}-counter"
    client = project.client("lambda")
    return dict(client.get_function_configuration(FunctionName=name, Qualifier="live"))


def test_reading_commands_do_not_disturb_a_deploy(project: Project, first: Run) -> None:
    """It is held at its first upload; meanwhile somebody edits everything and looks."""
    write(project, "second", 256)
    with gate(project, f"PUT /{project.bucket}/page-") as barrier:
        running = project.start("deploy", "--yes", "--json")
        barrier.wait(running)
        (project.root / "static/page-7.html").unlink()
        write(project, "third", 320)
        (project.root / "static/page-8.html").unlink()
        reading = [project.start("plan", "--json"), project.start("drift", "--json")]
        read = [finish(each) for each in reading]
        barrier.open()
        deployed = finish(running)
    assert [each.code for each in read] == [Exit.OK, Exit.DIFFERENT], read
    assert deployed.code == Exit.OK, deployed
    actions = {change["action"] for change in deployed.json["changes"]}
    assert actions == {"update"}
    served = ask(f"{first.json['urls']['site']}page-8.html")
    assert (served.status, b"second 8" in served.body) == (200, True)
    assert function(project)["MemorySize"] == 256
    assert function(project)["Description"] == '"second"'


def test_two_environments_are_deployed_from_one_checkout_at_the_same_time(
    project: Project,
) -> None:
    """One of them also gets a tag; afterwards nothing is left to deploy."""
    project.edit(
        "resumectl.toml", "[env.local.variables]", '[env.local.variables]\ntags = { team = "x" }'
    )
    runs: dict[str, Run] = {}

    def deploy(env: str) -> None:
        runs[env] = project.resumectl("deploy", "--yes", "--json", "--env", env)

    threads = [threading.Thread(target=deploy, args=(env,)) for env in ("local", "stage")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for env, run in runs.items():
        assert run.code == Exit.OK, run
        page = ask(f"{run.json['urls']['site']}page-9.html")
        assert b"third 9" in page.body
        assert function(project, env)["MemorySize"] == 320
    changed = {change["key"] for change in runs["local"].json["changes"]}
    assert {"aws_apigatewayv2_api.counter", "aws_apigatewayv2_stage.default"} <= changed
    planned = project.resumectl("plan", "--json", "--exit-code")
    assert (planned.code, planned.json["changes"]) == (Exit.OK, []), planned


def test_an_environment_is_deleted_although_its_checkout_is_broken(project: Project) -> None:
    project.write("lambda_src/counter.py", "def handler(:")
    project.write("terraform/counter.tf", "resource {")
    project.edit("resumectl.toml", 'source = "lambda_src"', "source = 5")
    assert project.resumectl("plan", "--env", "stage").code == Exit.FAILED
    destroyed = project.resumectl("destroy", "--env", "stage", "--yes", "--json")
    assert destroyed.code == Exit.OK, destroyed
    names = [row["FunctionName"] for row in project.client("lambda").list_functions()["Functions"]]
    assert "resume-stage-counter" not in names
