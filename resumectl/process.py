"""Identify processes by PID and start time: the system reuses PIDs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def started(pid: int, proc: Path = Path("/proc")) -> str:
    """The start time of a process, in the system's own format; empty if it has exited."""
    if not (proc / "self").exists():  # macOS has no /proc
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        ps = subprocess.run(command, capture_output=True, text=True, check=False)
        return ps.stdout.strip()
    try:
        # The program's name may contain spaces and brackets: count fields from the last bracket.
        fields = (proc / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
        state, start_time = fields[0], fields[19]
    except (OSError, IndexError):
        return ""
    return "" if state == "Z" else start_time


def alive(pid: int, since: str) -> bool:
    """Whether the process that started at `since` still runs; any process if `since` is empty."""
    if since:
        return started(pid) == since
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
