from __future__ import annotations

import getpass
import socket
import subprocess

import pytest

from resumectl.release.actor import actor, origin, refusal, revision

IDENTITY = ("-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "commit.gpgsign=false")


def git(folder, *arguments):
    run = ["git", *IDENTITY, "-C", str(folder), *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A project in a subfolder of a repository with one commit."""
    git(tmp_path, "init", "--quiet")
    project = tmp_path / "project"
    project.mkdir()
    (project / "index.html").write_text("hello")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return project


def test_a_person_has_a_name_and_a_machine():
    assert actor({}) == {"name": getpass.getuser(), "host": socket.gethostname()}


def test_a_run_of_github_actions_has_a_url():
    environ = {
        "GITHUB_ACTOR": "ada",
        "GITHUB_RUN_ID": "42",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "ada/resume",
    }
    assert actor(environ) == {
        "name": "ada",
        "host": socket.gethostname(),
        "run": "https://github.com/ada/resume/actions/runs/42",
    }


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_is_known_by_uid(monkeypatch, error):
    def nobody():
        raise error("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert actor({})["name"].startswith("uid ")


def test_a_clean_tree_has_a_revision_and_is_not_dirty(repository):
    assert revision(repository) == {
        "revision": git(repository, "rev-parse", "HEAD"),
        "dirty": False,
    }


@pytest.mark.parametrize("name", ["index.html", "new.html"])
def test_a_changed_or_new_file_makes_the_tree_dirty(repository, name):
    (repository / name).write_text("other")
    assert revision(repository)["dirty"]


def test_files_outside_of_the_project_and_ignored_files_do_not_matter(repository):
    (repository.parent / "notes.txt").write_text("x")
    (repository.parent / ".git" / "info" / "exclude").write_text(".resumectl/\n")
    (repository / ".resumectl").mkdir()
    (repository / ".resumectl" / "log").write_text("x")
    assert not revision(repository)["dirty"]


def test_outside_of_a_repository_there_is_no_revision(tmp_path):
    assert revision(tmp_path) == {}


def test_a_repository_without_a_commit_has_no_revision(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert revision(tmp_path) == {}


def test_without_git_there_is_no_revision(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert revision(repository) == {}


def test_a_repository_that_git_refuses_to_read_is_told_from_none(repository, monkeypatch):
    """A checkout of another user, as in a container."""
    assert refusal(repository) == ""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert "dubious ownership" in refusal(repository)
    assert revision(repository) == {"refused": refusal(repository)}


def test_a_project_without_a_repository_or_a_remote_has_no_origin(tmp_path, repository):
    assert origin(repository) == ""
    assert origin(tmp_path / "nowhere") == ""


def test_the_origin_names_the_folder_in_the_repository(repository):
    """Two projects of one repository are two projects."""
    git(repository, "remote", "add", "origin", "https://ada:secret@github.com/ada/sites.git")
    assert origin(repository) == "github.com/ada/sites//project"
    assert origin(repository.parent) == "github.com/ada/sites"


def test_a_shallow_clone_has_the_origin_of_the_whole(repository, tmp_path):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{tmp_path}/.git", str(clone))
    git(tmp_path, "remote", "add", "origin", f"file://{tmp_path}/.git")
    assert origin(clone) == origin(tmp_path) != ""
