"""Faults between resumectl and the embedded cloud, in the very form in which AWS has them: a proxy of microburst's."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from resumectl.steps.progress import Silent, Steps

from resumectl import settings
from resumectl.aws import Cloud
from resumectl.commands import deploy
from resumectl.steps.context import Context
from tests.e2e.project import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resumectl.steps.outcome import Outcome
    from tests.e2e.project import Project


class Weather:
    """The proxy; every call of a deploy that goes through it may meet a fault.

    Args:
        project: whose embedded cloud is behind it.
        port: where it listens.
    """

    def __init__(self, project: Project, port: int) -> None:
        self._project, self._url = project, f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        """Whether it is up."""
        with suppress(OSError):
            return bool(self._control("health"))
        return False

    def turn(self, *rules: dict[str, Any]) -> None:
        """Have these faults from now on, and forget which there were."""
        self._control("fired", method="DELETE")
        self._control("rules", json.dumps(rules).encode())

    def fired(self) -> int:
        """How many calls met a fault."""
        return len(self._control("fired"))

    def deploy(self) -> Outcome:
        """Deploy function and site through it, as the command line would."""
        found = settings.load(self._project.root)
        cloud = Cloud(found.environment("local"), self._url)
        ctx = Context(
            found, cloud, self._project.environ, Steps(Silent()), lambda: datetime.now(UTC)
        )
        return deploy.deploy(ctx, deploy.Options(only=("function", "site")), lambda plan: None)

    def _control(self, name: str, body: bytes | None = None, method: str | None = None) -> Any:
        request = urllib.request.Request(f"{self._url}/_microburst/{name}", body, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=10
        ) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def weather(project: Project) -> Iterator[Weather]:
    """A proxy before a project's embedded cloud, ended with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    upstream = json.loads((project.root / ".resumectl/local/emulator.json").read_text())["port"]
    command = [sys.executable, "-m", "microburst", "--host", "127.0.0.1", "--port", str(port)]
    environ = {**os.environ, "NO_PROXY": "*"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(
        [*command, "--upstream", f"http://127.0.0.1:{upstream}"], env=environ, **quiet
    ) as process:
        try:
            found = Weather(project, port)
            wait_until(lambda: process.poll() is not None or found.answers(), seconds=60)
            yield found
        finally:
            process.terminate()
