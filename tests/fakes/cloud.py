"""A cloud whose clients reach the fake AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resumectl.aws import Cloud
from tests.fakes.aws.client import Client

if TYPE_CHECKING:
    from resumectl.settings import Environment
    from tests.fakes.machine import Process


class FakeCloud(Cloud):
    """The account as one process reaches it."""

    def __init__(self, environment: Environment, worker: Process) -> None:
        super().__init__(environment)
        self._worker = worker

    def _make_client(self, service: str, region: str) -> Any:
        return Client(self._worker, service, region).boto
