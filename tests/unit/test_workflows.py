"""The GitHub workflows call only make and resumectl, pin their actions and have least privilege."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.commands import problem

ROOT = Path(__file__).parents[2]
WORKFLOWS = {
    file.name: yaml.safe_load(file.read_text())
    for file in (ROOT / ".github" / "workflows").glob("*.yml")
}
JOBS = {
    f"{name}:{key}": job
    for name, workflow in WORKFLOWS.items()
    for key, job in workflow["jobs"].items()
}
STEPS = {
    f"{name}:{at}": step for name, job in JOBS.items() for at, step in enumerate(job["steps"], 1)
}
RUNS = {
    name: line
    for name, step in STEPS.items()
    if "run" in step
    for line in step["run"].strip().splitlines()
}
USES = {name: step for name, step in STEPS.items() if "uses" in step}
TARGETS = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
PINNED = re.compile(r"[\w./-]+@(?P<commit>[0-9a-f]{40}) # v\d+\.\d+\.\d+")
WITH_AWS = {name: job for name, job in JOBS.items() if "id-token" in job["permissions"]}


def _on(workflow):
    return workflow[True]  # YAML 1.1 reads the key `on` as a boolean


def _commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_every_run_calls_make_or_resumectl(run):
    program, *rest = run.split()

    assert program in {"make", "resumectl"}
    assert "${{" not in run
    if program == "make":
        assert len(rest) == 1
        assert rest[0] in TARGETS
    else:
        assert problem(run) is None


@pytest.mark.parametrize("step", USES.values(), ids=USES.keys())
def test_every_action_is_pinned_by_commit(step):
    assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", step["uses"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_pin_names_its_version(name):
    lines = [
        line
        for line in (ROOT / ".github" / "workflows" / name).read_text().splitlines()
        if "uses:" in line
    ]

    assert lines
    assert [line for line in lines if not PINNED.search(line)] == []


def test_an_action_has_the_same_pin_everywhere():
    pins = {tuple(step["uses"].split("@")) for step in USES.values()}

    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS.keys())
def test_a_workflow_grants_no_permissions(workflow):
    assert workflow["permissions"] == {}


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS.keys())
def test_a_job_has_only_the_permissions_it_needs(job):
    logs_in = any(
        step.get("uses", "").startswith("aws-actions/configure-aws-credentials@")
        for step in job["steps"]
    )

    assert job["permissions"] == {"contents": "read", **({"id-token": "write"} if logs_in else {})}
    assert 0 < job["timeout-minutes"] <= 60


@pytest.mark.parametrize("step", USES.values(), ids=USES.keys())
def test_a_checkout_does_not_persist_credentials(step):
    if step["uses"].startswith("actions/checkout@"):
        assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", WITH_AWS)
def test_a_job_with_aws_credentials_is_queued_and_never_cancelled(name):
    workflow, job = WORKFLOWS[name.split(":")[0]], WITH_AWS[name]

    assert workflow["concurrency"] == {
        "group": job["environment"],
        "cancel-in-progress": False,
        "queue": "max",
    }
    assert all(
        f"--env {job['environment']}" in run
        for run in _commands(job)
        if run.startswith("resumectl")
    )


@pytest.mark.parametrize("name", WITH_AWS)
def test_a_job_with_aws_credentials_is_skipped_without_a_role(name):
    job = WITH_AWS[name]
    jobs = WORKFLOWS[name.split(":")[0]]["jobs"]

    assert (jobs[job["needs"]] if "needs" in job else job)["if"] == "vars.AWS_ROLE_ARN != ''"


def test_no_secret_is_used():
    assert all(
        "secrets." not in (ROOT / ".github" / "workflows" / name).read_text() for name in WORKFLOWS
    )


def test_ci_runs_make_test_and_nothing_else():
    assert set(_on(WORKFLOWS["ci.yml"])) == {"push", "pull_request"}
    assert _commands(JOBS["ci.yml:test"]) == ["make test"]


def test_a_push_deploys_the_part_it_changed():
    push = _on(WORKFLOWS["deploy.yml"])["push"]
    deploys = {
        step["if"]: step["run"]
        for step in JOBS["deploy.yml:deploy"]["steps"]
        if "resumectl" in step.get("run", "")
    }
    parts = {re.search("'(.*)'", condition)[1]: run for condition, run in deploys.items()}

    assert push == {
        "branches": ["main"],
        "paths": ["frontend/**", "lambda_src/**", "terraform/**", "resumectl.toml"],
    }
    assert parts.keys() == set(re.findall(r"part=(\w+)", (ROOT / ".ci" / "changed").read_text()))
    assert [
        re.findall(r"--only (\w+)", parts[part]) for part in ("site", "function", "everything")
    ] == [
        ["site"],
        ["function"],
        [],
    ]


def test_a_push_that_changes_code_is_tested_before_the_deploy():
    steps = JOBS["deploy.yml:check"]["steps"]
    test = next(step for step in steps if step.get("run") == "make test")

    assert test["if"] == "steps.changed.outputs.part != 'site'"
    assert JOBS["deploy.yml:deploy"]["needs"] == "check"


def test_drift_runs_on_a_schedule():
    assert _on(WORKFLOWS["drift.yml"]).keys() == {"schedule", "workflow_dispatch"}
    assert _commands(JOBS["drift.yml:drift"]) == ["make install", "resumectl drift --env prod"]


@pytest.mark.parametrize(
    ("files", "part"),
    [
        (["frontend/index.html"], "site"),
        (["frontend/index.html", "docs/a.md"], "site"),
        (["lambda_src/a/b.py"], "function"),
        (["lambda_src/a/b.py", "frontend/index.html"], "everything"),
        (["terraform/site.tf"], "everything"),
        (["frontend/index.html", "resumectl.toml"], "everything"),
        (["docs/a.md"], "everything"),
    ],
)
def test_changed_prints_the_part(tmp_path, files, part):
    base = _commit(tmp_path, "first")
    _commit(tmp_path, *files)

    assert _changed(tmp_path, base) == f"part={part}\n"


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_changed_prints_everything_without_a_known_commit(tmp_path, base):
    _commit(tmp_path, "frontend/index.html")

    assert _changed(tmp_path, base) == "part=everything\n"


def _commit(root, *files):
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("x")
    _git(root, "init", "--quiet")
    _git(root, "add", "--all")
    _git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "x")
    return _git(root, "rev-parse", "HEAD").strip()


def _git(root, *arguments):
    return subprocess.run(
        [shutil.which("git"), *arguments], cwd=root, capture_output=True, text=True, check=True
    ).stdout


def _changed(root, base):
    output = root / "output"
    environ = {"PATH": os.environ["PATH"], "BASE": base, "GITHUB_OUTPUT": str(output)}
    script = str(ROOT / ".ci" / "changed")
    stdout = subprocess.run(
        [script], cwd=root, env=environ, capture_output=True, text=True, check=True
    ).stdout
    assert output.read_text() == stdout
    return stdout
