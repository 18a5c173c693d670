"""The folders in which Terraform runs, one per process, and what a crash leaves behind.

An apply is on record from before it starts until it has succeeded. Terraform outlives a resumectl
that is killed, so the next run reads the record: it waits for a Terraform that still runs, and
compares times to find out whether that Terraform took the state lock. Plans write nothing and take
no lock; they are not on record.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from resumectl import files, process
from resumectl.backoff import Backoff
from resumectl.infra.configuration import ERRORED

if TYPE_CHECKING:
    from resumectl.process import Process

LOG: Final = "terraform.log"
_RECORD: Final = "apply.json"
_KEPT: Final = 5
"""How many folders of processes that ended stay: an error message may have named the log in one."""
_DAY: Final = 24 * 3600.0
_SLACK: Final = 15.0
"""Seconds: Terraform takes its lock this soon after the last line that it wrote before."""
PATIENCE: Final = 1200.0
"""Seconds: an apply that makes or deletes a distribution can take this long."""
_POLL: Final = 0.1


def folder(work: Path, me: Process) -> Path:
    """The folder of a process.

    Its name is unique although PIDs are not: containers that share a checkout may all have PID 7.
    """
    return work / "run" / f"{me.pid}-{_short(me.host, me.boot, me.namespace)}-{_short(me.started)}"


def claim(log: BinaryIO) -> None:
    """Lock the log that Terraform writes; Terraform inherits the lock and holds it to its end."""
    with suppress(OSError):  # a file system without locks: the record has the process, too
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)


def begin(run: Path) -> None:
    """Put an apply on record, before it starts."""
    _write(run, {"began": time.time(), "pid": None, "started": ""})


def began(run: Path, pid: int) -> None:
    """Add Terraform's process to the record of an apply; a plan has none."""
    if (run / _RECORD).exists():
        record = json.loads((run / _RECORD).read_text())
        _write(run, {**record, "pid": pid, "started": process.started(pid)})


def _write(run: Path, record: Mapping[str, Any]) -> None:
    files.replace(run / _RECORD, json.dumps(record))


def end(run: Path) -> None:
    """Take an apply off the record."""
    (run / _RECORD).unlink(missing_ok=True)


@dataclass(frozen=True)
class Unfinished:
    """An apply that is not known to have succeeded."""

    run: Path
    began: float
    pid: int | None
    started: str

    @property
    def alive(self) -> bool:
        """Whether Terraform still works on it."""
        alive = self.pid is not None and process.alive(self.pid, self.started)
        return alive or _is_locked(self.run / LOG)

    def wait(self, seconds: float = PATIENCE) -> bool:
        """Wait until Terraform has ended; returns whether it has."""
        return Backoff(seconds, first=_POLL, longest=1.0).until(lambda: not self.alive)

    def describe(self) -> str:
        """Which process, since when."""
        since = datetime.fromtimestamp(self.began).astimezone().isoformat(timespec="seconds")
        return f"process {self.pid or 'unknown'}, since {since}"

    def took(self, lock_time: str) -> bool:
        """Whether a state lock of this machine, taken at `lock_time`, belongs to this apply."""
        try:
            taken = datetime.fromisoformat(lock_time).timestamp()
            last_output = (self.run / LOG).stat().st_mtime
        except (ValueError, OSError):
            return False
        return self.began - 1 <= taken <= last_output + _SLACK

    def forget(self) -> None:
        """Take it off the record, once everything is recovered."""
        end(self.run)


def unfinished(work: Path) -> list[Unfinished]:
    """Every apply that is still on record."""
    return list(_recorded(work))


def _recorded(work: Path) -> Iterator[Unfinished]:
    for file in sorted((work / "run").glob(f"*/{_RECORD}")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(file.read_text())
            yield Unfinished(file.parent, float(record["began"]), record["pid"], record["started"])


def _is_locked(log: Path) -> bool:
    try:
        with log.open("rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def prune(own: Path, started: Callable[[int], str] = process.started) -> None:
    """Delete the folders of exited processes, except the newest and those to recover from.

    Args:
        own: the folder of this process.
        started: when the process with a PID began; empty if it has exited.
    """
    ended = [run for run in own.parent.glob("*") if run != own and _has_ended(run, own, started)]
    old = sorted(ended, key=_changed)[:-_KEPT]
    for run in old:
        if not (run / _RECORD).exists() and not any(run.glob(f"*/{ERRORED}")):
            shutil.rmtree(run, ignore_errors=True)


def _has_ended(run: Path, own: Path, started: Callable[[int], str]) -> bool:
    """A process in another container, or before a reboot, has ended if its folder is a day old."""
    pid, where, since = _parts(run)
    if not pid.isdecimal() or where != _parts(own)[1]:
        return _changed(run) < time.time() - _DAY
    return _short(started(int(pid))) != since


def _parts(run: Path) -> tuple[str, str, str]:
    """PID, where it is seen, and when it began."""
    pid, where, since = (*run.name.split("-"), "", "")[:3]
    return pid, where, since


def _short(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]


def _changed(run: Path) -> float:
    try:
        return run.stat().st_mtime
    except OSError:
        return 0.0
