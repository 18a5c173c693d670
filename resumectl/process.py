"""Processes and the machine they run on. The system reuses PIDs: a start time tells them apart."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resumectl.backoff import Backoff


@dataclass(frozen=True)
class Process:
    """A process, distinct from all others, also on other machines and after a reboot.

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
        """Whether the other one's pid means the same here: same machine, boot and PID namespace.

        Without a known boot nothing is certain: two machines can have the same host name.
        """
        return bool(self.boot) and (self.host, self.boot, self.namespace) == (
            other.host,
            other.boot,
            other.namespace,
        )


def uptime() -> float:
    """Seconds on a clock that goes on while the machine sleeps. `time.monotonic` does not."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS counts in the latter
    return time.clock_gettime(clock)


def current(proc: Path = Path("/proc")) -> Process:
    """This process."""
    import socket

    pid = os.getpid()
    boot = _text(proc / "sys" / "kernel" / "random" / "boot_id") or _boot_session()
    return Process(socket.gethostname(), pid, started(pid, proc), boot, _namespace(proc))


def _boot_session() -> str:
    """The boot of a Mac; empty elsewhere."""
    command = ["sysctl", "-n", "kern.bootsessionuuid"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


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


@dataclass(frozen=True)
class Machine:
    """What differs between machines and processes; tests replace it.

    Attributes:
        me: this process.
        alive: whether a process of this machine still runs, by pid and start.
        environ: the environment variables.
        now: the time of day, with its zone.
        clock: seconds, also those while the machine sleeps.
        sleep: waits for a number of seconds.
    """

    me: Process
    alive: Callable[[int, str], bool] = alive
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clock: Callable[[], float] = uptime
    sleep: Callable[[float], None] = time.sleep

    def waiting(self, backoff: Backoff) -> Backoff:
        """The same pauses, by this machine's clock."""
        return replace(backoff, sleep=self.sleep, clock=self.clock)
