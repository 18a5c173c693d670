from __future__ import annotations

import os
import subprocess

import pytest

from resumectl import settings
from resumectl.cli.machine import needs, work_folder
from resumectl.errors import BuildError, CloudError, MachineError, TerraformError


@pytest.fixture
def find(project):
    """What is found, by the name of the need and of the environment."""

    def find(name, env="prod"):
        loaded = settings.load(project)
        checks = needs(loaded, loaded.environment(env), lambda: "running, http://127.0.0.1:1")
        return checks[name]()

    return find


def test_each_environment_needs_its_own_cloud(project):
    loaded = settings.load(project)
    common = ["resumectl", "terraform", "provider", "function", "site", "git", "work folder"]
    assert list(needs(loaded, loaded.environment("local"), str)) == [*common, "embedded cloud"]
    assert list(needs(loaded, loaded.environment("prod"), str)) == [*common, "credentials"]


def test_folders_are_there_and_not_empty(find, project):
    assert find("function") == str(project / "lambda_src")
    assert find("site") == str(project / "frontend")
    (project / "frontend" / "index.html").unlink()
    with pytest.raises(BuildError, match="frontend is missing or empty"):
        find("site")
    (project / "frontend").rmdir()
    with pytest.raises(BuildError, match="frontend is missing or empty"):
        find("site")


def test_a_build_command_needs_no_folder(find, project):
    toml = project / "resumectl.toml"
    toml.write_text(f'{toml.read_text()}\n[site]\nbuild = "make site"\noutput = "out"\n')
    assert find("site") == "make site"


def test_terraform_is_the_one_that_a_deploy_would_use(find, project, monkeypatch):
    program = project / "my-terraform"
    program.write_text("#!/bin/sh\necho Terraform v1.12.3\n")
    program.chmod(0o755)
    monkeypatch.setenv("RESUMECTL_TERRAFORM", str(program))
    assert find("terraform") == (f"terraform 1.12.3, {program} named by RESUMECTL_TERRAFORM")
    assert find("provider")
    monkeypatch.setenv("RESUMECTL_TERRAFORM", "no-such-program")
    with pytest.raises(TerraformError, match="no-such-program, which is not a program"):
        find("terraform")


def test_credentials_that_are_missing_are_an_error(find, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CloudError):
        find("credentials")


def test_the_embedded_cloud_tells_of_itself(find):
    assert find("embedded cloud", "local") == "running, http://127.0.0.1:1"


def test_git_is_no_condition(find, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert find("git") == "not found: releases will not name the revision they come from"


def test_a_repository_that_git_refuses_to_read_is_named(find, project, monkeypatch):
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    assert find("git").endswith("git")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(MachineError, match="dubious ownership") as caught:
        find("git")
    assert caught.value.hint == f"git config --global --add safe.directory {project}"


def test_the_work_folder_has_room(find, project):
    line = find("work folder")
    assert line.startswith(f"{project / '.resumectl'}, ")
    assert line.endswith(" GB free")


def test_a_work_folder_that_is_a_file_cannot_be_used(find, project):
    (project / ".resumectl").write_text("")
    with pytest.raises(MachineError, match="resumectl cannot be written"):
        find("work folder")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("name", [".resumectl", ".resumectl/env/prod"])
def test_a_work_folder_that_cannot_be_written_is_named(find, project, name):
    folder = project / name
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    with pytest.raises(MachineError, match=f"{name} cannot be written"):
        find("work folder")
    folder.chmod(0o700)


def test_a_work_folder_without_room_is_named(project):
    with pytest.raises(MachineError, match="MB of free space") as caught:
        work_folder(project / ".resumectl", room=10**18)
    assert caught.value.hint.startswith("Free some: a deploy needs up to")
