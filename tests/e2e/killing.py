"""Killing a command of a project at a moment that can be seen from outside, with or without what it started."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.e2e.project import finish, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.project import Project


def kill_when(project: Project, moment: Callable[[], object], *args: str) -> None:
    """Start a command and kill it, but nothing that it started, as soon as `moment` is true."""
    running = project.start(*args)
    wait_until(lambda: running.poll() is not None or moment())
    assert running.poll() is None, f"it ended before that: {finish(running)}"
    running.kill()
    running.communicate()


def kill_terraform(project: Project, made: int, *args: str) -> None:
    """Start a command, and kill it with all that it started once its Terraform has made so many resources."""
    running = project.start(*args)
    log = run_folder(project, running.pid) / "terraform.log"
    wait_until(lambda: running.poll() is not None or made_in(log) >= made)
    assert running.poll() is None, f"it ended before that: {finish(running)}"
    for pid in reversed(descendants(running.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    running.communicate()


def run_folder(project: Project, pid: int) -> Path:
    """Where a process of resumectl keeps what its Terraform says."""
    return project.root / ".resumectl/env/local/run" / str(pid)


def made_in(log: Path) -> int:
    """How many resources an apply has made, as its log says; a plan, which only reads, has no record beside its log."""
    applying = log.exists() and log.with_name("apply.json").exists()
    return log.read_text(errors="replace").count('"apply_complete"') if applying else 0


def descendants(pid: int) -> list[int]:
    """A process, its children, and theirs; in whatever session they are."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [pid]
    for parent in found:
        found += [child for child, of in pairs if of == parent]
    return found
