"""Kill a command of a project at a definite moment, with or without what it started."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.e2e.gate import gate
from tests.e2e.project import finish, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.project import Project


def kill_when(project: Project, moment: Callable[[], object], *args: str) -> None:
    """Start a command; kill it, but nothing that it started, as soon as `moment` is true."""
    running = project.start(*args)
    wait_until(lambda: running.poll() is not None or moment())
    assert running.poll() is None, f"it ended before that: {finish(running)}"
    running.kill()
    running.communicate()


def kill_at(project: Project, request: str, *args: str) -> None:
    """Start a command and kill it when it sends a request that matches; the request gets lost."""
    with gate(project, request) as closed:
        running = project.start(*args)
        closed.wait(running)
        running.kill()
        running.communicate()


def kill_terraform(project: Project, created: int, *args: str) -> None:
    """Start a command; kill it and its children once Terraform has created so many resources."""
    running = project.start(*args)
    wait_until(lambda: running.poll() is not None or created_by(project, running.pid) >= created)
    assert running.poll() is None, f"it ended before that: {finish(running)}"
    for pid in reversed(descendants(running.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    running.communicate()


def created_by(project: Project, pid: int) -> int:
    """How many resources the apply of one resumectl process has created."""
    runs = project.root / ".resumectl/env/local/run"
    return sum(created_in(log) for log in runs.glob(f"{pid}-*/terraform.log"))


def created_in(log: Path) -> int:
    """How many resources an apply has created; a plan has a log, but no record beside it."""
    applying = log.exists() and log.with_name("apply.json").exists()
    return log.read_text(errors="replace").count('"apply_complete"') if applying else 0


def descendants(pid: int) -> list[int]:
    """A process, its children, and theirs, in whatever session they are."""
    command = ["ps", "-eo", "pid=,ppid="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    tree = [pid]
    for parent in tree:
        tree += [child for child, of in pairs if of == parent]
    return tree
