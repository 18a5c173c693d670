"""Processes told apart by pid and start time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def started(pid: int, proc: Path = Path("/proc")) -> str:
    """When the system says that the process began; empty when it is gone."""
    if not (proc / "self").exists():  # macOS
        said = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return said.stdout.strip()
    try:
        fields = (proc / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def alive(pid: int, since: str) -> bool:
    """Whether that very process still runs, and not another one that got its number."""
    if since:
        return started(pid) == since
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
