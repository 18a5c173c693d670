"""The fake AWS: accounts with what they hold by region, and buckets with their global names.

It outlives every process that works on it. `journal` lists the calls that changed something, in
order.
"""

from __future__ import annotations

import random
import threading
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.aws.cloudfront import CloudFront
from tests.fakes.aws.gateway import ApiGateway
from tests.fakes.aws.iam import Iam
from tests.fakes.aws.lambda_ import Lambda
from tests.fakes.aws.logs import Logs
from tests.fakes.aws.s3 import S3
from tests.fakes.aws.sts import Sts
from tests.fakes.aws.tables import Tables
from tests.fakes.clock import Clock

if TYPE_CHECKING:
    from datetime import datetime

SERVICES = {
    "apigatewayv2": ApiGateway,
    "cloudfront": CloudFront,
    "dynamodb": Tables,
    "iam": Iam,
    "lambda": Lambda,
    "logs": Logs,
    "s3": S3,
    "sts": Sts,
}
GLOBAL = ("cloudfront", "iam", "s3", "sts")
READS = ("get_", "head_", "list_", "describe_", "invoke")


@dataclass(frozen=True)
class Call:
    """A call that was carried out and may have changed something."""

    account: str
    region: str
    service: str
    name: str
    arguments: dict[str, Any]
    time: datetime


@dataclass
class Aws:
    """All of AWS.

    Attributes:
        clock: AWS's own clock: the true time.
        seed: decides everything that is left to chance.
        settling: the most calls for which a new bucket, or one that was just versioned, may answer
            from the past.
        page: the most items of any list's page.
        busy: for how many reads Lambda stays in progress after each write.
    """

    clock: Clock = field(default_factory=Clock)
    seed: int = 0
    settling: int = 0
    page: int = 1000
    busy: int = 0
    journal: list[Call] = field(default_factory=list)
    buckets: dict[str, Any] = field(default_factory=dict)
    _services: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def service(self, account: str, region: str, name: str) -> Any:
        """What an account holds of a service in a region (S3 and CloudFront: in every region)."""
        where = "" if name in GLOBAL else region
        with self._lock:
            if name not in SERVICES:
                raise NotImplementedError(f"the fake AWS has no {name}")
            if (account, where, name) not in self._services:
                self._services[account, where, name] = SERVICES[name](self, account, where)
            return self._services[account, where, name]

    def carry_out(
        self, account: str, region: str, service: str, name: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """Do what a call asks for; gives the answer.

        Raises:
            Refusal: the service refuses it.
        """
        answering = self.service(account, region, service)
        operation = getattr(answering, name, None)
        if operation is None:
            raise NotImplementedError(f"the fake AWS has no {service}.{name}")
        given = {**arguments, "region": region} if name == "create_bucket" else arguments
        if service == "s3" and hasattr(arguments.get("Body"), "read"):
            answer = operation(**given)  # the body arrives while others write
        else:
            with self._lock:
                answer = operation(**given)
        if not name.startswith(READS):
            self.note(Call(account, region, service, name, arguments, self.clock.now()))
        return answer or {}

    def note(self, call: Call) -> None:
        with self._lock:
            self.journal.append(call)

    def number(self, what: str) -> int:
        """The next number of a kind, from 1."""
        with self._lock:
            self._numbers[what] = self._numbers.get(what, 0) + 1
            return self._numbers[what]

    def chance(self, about: str) -> random.Random:
        """Chance that depends on the seed and on what it is about, and on nothing else."""
        return random.Random(f"{self.seed} {about}")

    def copy(self) -> Aws:
        """The same world once more, with the same clock; what changes in one stays in one."""
        shared = {id(kept): kept for kept in (self.clock, self._lock)}
        return deepcopy(self, {**shared, id(self.journal): list(self.journal)})

    @property
    def lock(self) -> threading.RLock:
        return self._lock
