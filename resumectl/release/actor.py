"""Who deploys, from where, and which revision: what the ledger and the lock say about a run."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resumectl.release.project import normalized


def actor(environ: Mapping[str, str]) -> dict[str, str]:
    """The person or CI run behind this process: `name`, `host`; in GitHub Actions `run`, a URL."""
    person = {"name": environ.get("GITHUB_ACTOR") or _user(), "host": socket.gethostname()}
    if environ.get("GITHUB_RUN_ID"):
        repository = f"{environ.get('GITHUB_SERVER_URL')}/{environ.get('GITHUB_REPOSITORY')}"
        person["run"] = f"{repository}/actions/runs/{environ['GITHUB_RUN_ID']}"
    return person


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def revision(root: Path) -> dict[str, Any]:
    """The git `revision` of the project, and whether it is `dirty`; empty outside a repository.

    If git refuses to read the repository, `refused` says why.
    """
    if not (head := _git(root, "rev-parse", "HEAD").stdout.strip()):
        reason = refusal(root)
        return {"refused": reason} if reason else {}
    changes = _git(root, "status", "--porcelain", "--untracked-files=normal", ".").stdout
    return {"revision": head, "dirty": bool(changes.strip())}


def origin(root: Path) -> str:
    """Where the project was cloned from: host/owner/repository, and //FOLDER if it is in one.

    Empty outside of a repository, and in one without a remote `origin`.
    """
    if not (url := _git(root, "remote", "get-url", "origin").stdout.strip()):
        return ""
    folder = _git(root, "rev-parse", "--show-prefix").stdout.strip().strip("/")
    return normalized(url) + (f"//{folder}" if folder else "")


def refusal(root: Path) -> str:
    """Why git does not read the project's repository, in its own words; empty if it does."""
    run = _git(root, "rev-parse", "--git-dir")
    return next(iter(run.stderr.splitlines()), "") if run.returncode else ""


def _may_be_in_a_repository(root: Path) -> bool:
    """A look is cheaper than starting git, which would say the same."""
    folder = root.resolve()
    around = (folder, *folder.parents)
    return "GIT_DIR" in os.environ or any((place / ".git").exists() for place in around)


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    git = shutil.which("git") if _may_be_in_a_repository(root) else None
    command = [git or "git", "-C", str(root), *arguments]
    if git is None:
        return subprocess.CompletedProcess(command, 127, "", "")
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    # What a command that failed printed is no answer: `rev-parse HEAD` prints "HEAD".
    answer = "" if run.returncode else run.stdout
    return subprocess.CompletedProcess(command, run.returncode, answer, run.stderr)
