"""Faults of AWS between resumectl and the embedded cloud, injected by the proxy microburst."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from resumectl import settings
from resumectl.aws import Cloud
from resumectl.commands import deploy
from tests.e2e.inside import context
from tests.e2e.project import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resumectl.steps.outcome import Outcome
    from tests.e2e.project import Project

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Weather:
    """The proxy; calls of a deploy that go through it can meet a fault.

    Args:
        project: whose embedded cloud is behind it.
        port: where it listens.

    Attributes:
        url: its address.
    """

    def __init__(self, project: Project, port: int) -> None:
        self._project, self.url = project, f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        """Whether it is up."""
        with suppress(OSError):
            return bool(self._control("health"))
        return False

    def turn(self, *rules: dict[str, Any]) -> None:
        """Inject these faults from now on; restart the count."""
        self._control("fired", method="DELETE")
        self._control("rules", json.dumps(rules).encode())

    def fired(self) -> int:
        """How many calls met a fault since the last `turn`."""
        return len(self._control("fired"))

    def deploy(self) -> Outcome:
        """Deploy function and site through it, as the command does, in this process."""
        configured = settings.load(self._project.root)
        cloud = Cloud(configured.environment("local"), self.url)
        ctx = context(self._project, cloud)
        return deploy.deploy(ctx, deploy.Options(only=("function", "site")), lambda plan: None)

    def _control(self, name: str, body: bytes | None = None, method: str | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}/_microburst/{name}", body, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            request, timeout=120
        ) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def weather(project: Project, *, resign: bool = False) -> Iterator[Weather]:
    """A proxy in front of a project's embedded cloud, ended with the block.

    A function's requests are to be signed again: the embedded cloud checks the signature of a role,
    which covers the address of the proxy.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    upstream = json.loads((project.root / ".resumectl/local/emulator.json").read_text())["port"]
    command = [sys.executable, "-m", "microburst", "--host", "127.0.0.1", "--port", str(port)]
    environ = {**os.environ, "NO_PROXY": "*", **KEYS}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command += [*(["--resign"] if resign else []), "--upstream", f"http://127.0.0.1:{upstream}"]
    with subprocess.Popen(command, env=environ, **quiet) as process:
        try:
            proxy = Weather(project, port)
            wait_until(lambda: process.poll() is not None or proxy.answers())
            yield proxy
        finally:
            process.terminate()
