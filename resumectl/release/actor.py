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
    """The git `revision` of the project, and whether it is `dirty`; empty outside a repository."""
    if not (head := _git(root, "rev-parse", "HEAD")):
        return {}
    changes = _git(root, "status", "--porcelain", "--untracked-files=normal", ".")
    return {"revision": head, "dirty": bool(changes)}


def _git(root: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(root), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else ""
