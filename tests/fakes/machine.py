"""Machines, PID namespaces and processes: who makes the calls.

Processes of one machine see one another by their PID only inside one PID namespace and one boot:
`Machine.alive` answers as `/proc` does there. A killed process makes no call any more, whichever of
its threads tries.
"""

from __future__ import annotations

import io
import itertools
import signal
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.client import Client
from tests.fakes.aws.refusal import Refusal
from tests.fakes.clock import Clock, SkewedClock
from tests.fakes.faults import Faults, Killed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.aws.world import Aws


@dataclass
class _Table:
    """The processes of one PID namespace, by PID. No real process has a PID this high."""

    running: dict[int, Process] = field(default_factory=dict)
    pids: itertools.count[int] = field(default_factory=lambda: itertools.count(5_000_000))
    ticks: itertools.count[int] = field(default_factory=lambda: itertools.count(5_000))


@dataclass(frozen=True)
class Machine:
    """A host, one boot of it, and one PID namespace on it.

    Attributes:
        clock: the true time, which the machine's own clock is `skew` seconds ahead of.
        platform: what Terraform calls it; decides the provider's checksum.
    """

    host: str = "laptop"
    boot_id: str = "boot-1"
    pid_namespace: str = "pid:[4026531836]"
    clock: Clock = field(default_factory=Clock)
    skew: float = 0.0
    platform: str = "linux_amd64"
    _table: _Table = field(default_factory=_Table, repr=False, compare=False)

    @property
    def time(self) -> SkewedClock:
        """The machine's own clock."""
        return SkewedClock(self.clock, self.skew)

    def reboot(self) -> Machine:
        """The same machine after a restart: all its processes died, and PIDs are given out anew."""
        for process in list(self._table.running.values()):
            process.kill()
        name, _, number = self.boot_id.rpartition("-")
        return replace(self, boot_id=f"{name}-{int(number) + 1}", _table=_Table())

    def container(self, pid_namespace: str, host: str | None = None) -> Machine:
        """A container: the same boot and clock, PIDs of its own; by default the same host name."""
        return replace(self, host=host or self.host, pid_namespace=pid_namespace, _table=_Table())

    def start(
        self,
        aws: Aws,
        account: str,
        region: str,
        faults: Faults | None = None,
        pid: int | None = None,
    ) -> Process:
        """Start a process with credentials for an account; a given `pid` may be a reused one."""
        number = pid or next(self._table.pids)
        process = Process(
            self, number, str(next(self._table.ticks)), aws, account, region, faults or Faults()
        )
        self._table.running[number] = process
        return process

    def started(self, pid: int) -> str:
        """When a process began, as its kernel counts; empty when none has that PID."""
        process = self._table.running.get(pid)
        return process.started if process and process.alive else ""

    def alive(self, pid: int, since: str) -> bool:
        """Whether that very process runs, as `resumectl.process.alive` decides it."""
        started = self.started(pid)
        return bool(started) and since in ("", started)


@dataclass
class _Gate:
    """What stops all threads of a process, and of the programs that it runs."""

    turn: threading.Condition = field(default_factory=threading.Condition)
    in_flight: int = 0
    closed: bool = False


class Suspended(Exception):
    """A call that began while its process was suspended."""


@dataclass
class Process:
    """One run of a program with credentials for an account, and what goes wrong in it.

    Attributes:
        sent: name and arguments of every call that it began, in that order.
        program: what it is, if another process runs it.
        parent: who runs it.
    """

    machine: Machine
    pid: int
    started: str
    aws: Aws
    account: str
    region: str
    faults: Faults = field(default_factory=Faults)
    alive: bool = True
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list, repr=False)
    program: str = ""
    parent: Process | None = field(default=None, repr=False)
    _clients: dict[tuple[str, str], Client] = field(default_factory=dict, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _gate: _Gate = field(default_factory=_Gate, repr=False)

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client whose calls reach the fake AWS; the same one each time."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = Client(self, *key)
            return self._clients[key].boto

    def child(self, program: str) -> Process:
        """A program that it runs, with its credentials and faults: it dies with it, or before."""
        return replace(self, program=program, parent=self, _clients={}, _lock=threading.RLock())

    def kill(self) -> None:
        """Die, with whoever runs it."""
        self.alive = False
        if self.parent:
            self.parent.kill()

    def exit(self) -> None:
        """End well: no call comes after it either."""
        self.alive = False

    def call(self, carry_out: Callable[[], Any], name: str, key: str) -> Any:
        """Make one call, or meet the fault that is due at it.

        Raises:
            Suspended: the process is. What led to the call counts from when it goes on.
        """
        self._require_alive()
        gate = self._gate
        with gate.turn:
            if gate.closed:
                raise Suspended
            gate.in_flight += 1
        try:
            return self._call(carry_out, self.faults.at(name, key, self.program))
        finally:
            with gate.turn:
                gate.in_flight -= 1
                if gate.closed:
                    gate.turn.notify_all()

    def wait_until_resumed(self) -> None:
        """Return at once, unless the process is suspended."""
        if self._gate.closed:
            with self._gate.turn:
                self._gate.turn.wait_for(lambda: not self._gate.closed)

    def _call(self, carry_out: Callable[[], Any], fault: Any) -> Any:
        if fault is None:
            answer = carry_out()
            self._require_alive()
            return answer
        return self._meet(fault, carry_out)

    def _suspend(self, fault: Any) -> None:
        """Stop all threads, let time pass and others work, and go on."""
        gate = self._gate
        with gate.turn:
            gate.closed = True
            gate.turn.wait_for(lambda: gate.in_flight == 1)
        try:
            self.machine.clock.sleep(fault.seconds)
            if fault.meanwhile:
                fault.meanwhile()
        finally:
            with gate.turn:
                gate.closed = False
                gate.turn.notify_all()

    def _meet(self, fault: Any, carry_out: Callable[[], Any]) -> Any:
        self._before(fault)
        try:
            answer = carry_out()
        finally:
            if fault.kind == "interrupt-after":
                _press_ctrl_c()
        if fault.kind == "die":
            self.alive = False
        if fault.kind == "kill-after":
            self.kill()
        if fault.kind == "lose":
            raise fault.error or _connection_closed()
        if fault.kind == "repeat":
            answer = carry_out()
        if fault.kind == "cut":
            answer = _cut(answer)
        self._require_alive()
        return answer

    def _before(self, fault: Any) -> None:
        """What happens before the request is sent."""
        if fault.kind == "kill-before":
            self.kill()
        self._require_alive()
        if fault.kind == "refuse":
            raise fault.error or Refusal(fault.code, "injected")
        if fault.kind == "interrupt-before":
            _press_ctrl_c()
        if fault.kind == "suspend":
            self._suspend(fault)
        if fault.kind == "delay":
            self.machine.clock.sleep(fault.seconds)
            if fault.meanwhile:
                fault.meanwhile()

    def _require_alive(self) -> None:
        if not self.alive:
            raise Killed
        if self.parent:
            self.parent._require_alive()


def _press_ctrl_c() -> None:
    """Python acts on it in the main thread, which may be waiting for this one."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _cut(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with half of its body: whoever reads it meets an IncompleteReadError."""
    from botocore.response import StreamingBody

    body = answer["Body"].read()
    return {**answer, "Body": StreamingBody(io.BytesIO(body[: len(body) // 2]), len(body))}


def _connection_closed() -> Exception:
    from botocore.exceptions import ConnectionClosedError

    return ConnectionClosedError(endpoint_url="https://fake.amazonaws.com")
