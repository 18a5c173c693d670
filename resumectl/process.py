"""Processes told apart by pid and start time."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process, told apart from every other one, also on other machines and after a reboot.

    Attributes:
        started: its start as the kernel counts it; tells it from a later process with the same pid.
        boot: which boot of the machine; empty where the system does not say.
        namespace: the PID namespace, as in a container; empty where the system does not say.
    """

    host: str
    pid: int
    started: str = ""
    boot: str = ""
    namespace: str = ""

    def can_see(self, other: Process) -> bool:
        """Whether the other one's pid means the same here: same machine, boot and PID namespace."""
        return (self.host, self.boot, self.namespace) == (other.host, other.boot, other.namespace)


def current(proc: Path = Path("/proc")) -> Process:
    """This process."""
    import socket

    pid = os.getpid()
    boot = _text(proc / "sys" / "kernel" / "random" / "boot_id")
    return Process(socket.gethostname(), pid, started(pid), boot, _namespace(proc))


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _namespace(proc: Path) -> str:
    try:
        return str((proc / "self" / "ns" / "pid").readlink())
    except OSError:
        return ""


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
