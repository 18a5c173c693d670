"""The command line in this process, in a small project, on moto and without Terraform."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from resumectl.cli import app
from resumectl.release.project import KEY, SCHEMA
from tests.e2e.project import ROOT, Run
from tests.functional.deployment import OUTPUTS, PROJECT_BUCKET
from tests.functional.wrong import SETTINGS, Case, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OURS = ("AWS_", "GITHUB_", "RESUMECTL_", "TF_", "XDG_")


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine: no credentials, no proxies, no CI, a home directory of its own."""
    for name in os.environ:
        if name.startswith(OURS) or name == "CI" or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project: two pages, the counter, the repository's Terraform."""
    root = tmp_path / "project"
    shutil.copytree(
        ROOT / "lambda_src", root / "lambda_src", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(
        ROOT / "terraform", root / "terraform", ignore=shutil.ignore_patterns(".terraform")
    )
    (root / "resumectl.toml").write_text(SETTINGS)
    (root / "frontend").mkdir()
    for name in ("index", "404"):
        (root / "frontend" / f"{name}.html").write_text(f"<!doctype html><title>{name}</title>")
    return root


@pytest.fixture
def resumectl(project: Path) -> Callable[..., Run]:
    """Runs a command in the project."""

    def run(*args: str) -> Run:
        done = CliRunner().invoke(app, ["-C", str(project), *args], prog_name="resumectl")
        for log in project.glob(".resumectl/crash-*.log"):
            sys.stdout.write(log.read_text())  # pytest shows it when the test fails
        return Run(args, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """An account of moto with credentials for it; makes clients."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="eu-west-2")


@pytest.fixture
def account(aws: Callable[[str], Any]) -> Callable[[str], Any]:
    """The account with the project bucket."""
    # Not made by resumectl: moto reads any Deny of a bucket policy as one without a condition.
    make_bucket(aws("s3"), PROJECT_BUCKET)
    claim = {"schema": SCHEMA, "id": "1f2e3d4c", "name": "resume", "origin": ""}
    aws("s3").put_object(Bucket=PROJECT_BUCKET, Key=KEY, Body=json.dumps(claim))
    return aws


@pytest.fixture
def deployed(account: Callable[[str], Any]) -> Callable[[str], Any]:
    """The account with an environment `prod` as Terraform left it, before anything was uploaded."""
    make_bucket(account("s3"), OUTPUTS["site_bucket"])
    outputs = {name: {"value": value} for name, value in OUTPUTS.items()}
    state = {"version": 4, "serial": 7, "lineage": "8a1c", "outputs": outputs, "resources": []}
    account("s3").put_object(
        Bucket=PROJECT_BUCKET, Key="terraform/prod.tfstate", Body=json.dumps(state)
    )
    account(
        "lambda"
    ).list_functions()  # moto prepares a service at its first call, and not for two threads at once
    return account


def make_bucket(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


@pytest.fixture
def check(
    project: Path, resumectl: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Runs a case, as a person and as a program, and checks what every failure promises."""

    def run(case: Case, code: str | None = None) -> None:
        case.prepare(project)
        for name, value in case.environ.items():
            monkeypatch.setenv(name, value.format(root=project))
        before = tree(project)
        said = failed(case, resumectl(*case.args))
        program = resumectl(*case.args, "--json")
        error = program.json["error"]
        assert failed(case, program) == said
        assert (f"error: {error['message']}", f"hint: {error['hint']}") == said
        assert error["code"] == (code or case.code), program
        assert tree(project) == before

    return run


def failed(case: Case, done: Run) -> tuple[str, str]:
    """The one line and the one hint of a command that failed as it should."""
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    hints = [line for line in done.err.splitlines() if line.startswith("hint: ")]
    assert (done.code, len(errors), len(hints)) == (1, 1, 1), done
    assert [piece for piece in case.says if piece not in done.err] == [], done
    assert [piece for piece in case.hint if piece not in hints[0]] == [], done
    assert "Traceback" not in done.err
    assert "--json" in done.args or done.out == ""
    return errors[0], hints[0]
