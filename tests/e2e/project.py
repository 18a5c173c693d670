"""A project on disk, driven through the real command line in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from resumectl.local import pidfile
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
PARTS = ("frontend", "lambda_src", "terraform", "resumectl.toml", ".gitignore")
SLOW_MACHINE = "\n[env.local.variables]\nfunction = { timeout_s = 28 }\n"
"""A cold start can take longer than the default of 5 s while other work needs the processors."""
TWO_MINUTES = 120.0
TEN_MINUTES = 600.0

_KEPT = (
    *("PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"),
    *("RESUMECTL_TERRAFORM", "RESUMECTL_PROVIDER_MIRROR", "TF_CLI_CONFIG_FILE"),
)
"""Terraform may need these to find its provider. Nothing of AWS, GitHub or the user passes."""
_NOT_CLONED = shutil.ignore_patterns(
    "__pycache__", ".terraform", "*.tfstate", "*.tfstate.*", "*.tfplan"
)


@dataclass(frozen=True, repr=False)
class Run:
    """A finished command."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The document on stdout, checked against its schema."""
        document: dict[str, Any] = json.loads(self.out)
        validate(document)
        assert document["exit_code"] == self.code
        return document

    def __str__(self) -> str:
        head = f"resumectl {' '.join(self.args)}: exit code {self.code}"
        return f"{head}\n{self.out[-2000:]}\n{self.err[-4000:]}"

    def __repr__(self) -> str:
        """pytest shortens the values in an assertion's message: the end of stderr says the most."""
        end = " ".join(self.err.split())[-190:]
        return f"resumectl {' '.join(self.args[:3])}: {self.code}: {end}"


@dataclass(frozen=True)
class Answer:
    """A response of the site."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Project:
    """A copy of this repository's project, as a fresh clone has it.

    Args:
        root: its folder.
        home: the home directory of its user.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.environ = environment(home)
        self._clients: dict[tuple[str, int], Any] = {}

    @classmethod
    def copy(cls, root: Path, home: Path) -> Project:
        """Copy the repository's project to `root`, with one commit."""
        project = cls(root, home)
        home.mkdir(parents=True, exist_ok=True)
        root.mkdir()
        for name in PARTS:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=_NOT_CLONED)
            else:
                shutil.copyfile(source, root / name)
        with (root / "resumectl.toml").open("a") as settings:
            settings.write(SLOW_MACHINE)
        project.git("init", "--quiet")
        project.commit("First")
        return project

    def git(self, *arguments: str) -> str:
        """Run git; returns its output."""
        settings = ("user.name=Alex", "user.email=alex@example.com", "commit.gpgsign=false")
        command = ["git", *(word for setting in settings for word in ("-c", setting)), *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything; returns the revision."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text that the file must contain."""
        text = (self.root / name).read_text()
        assert old in text, f"{name} does not contain {old!r}"
        self.write(name, text.replace(old, new))

    def resumectl(
        self, *args: str, env: Mapping[str, str] | None = None, seconds: float = TEN_MINUTES
    ) -> Run:
        """Run a command to its end."""
        return finish(self.start(*args, env=env), seconds)

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command, without a terminal."""
        return subprocess.Popen(
            [sys.executable, "-m", "resumectl", *args],
            cwd=self.root,
            env={**self.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def local(self) -> dict[str, Any]:
        """The status of the embedded cloud."""
        return self.resumectl("local", "status", "--json").json

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded cloud, which must have been started once."""
        port = json.loads((self.root / ".resumectl/local/emulator.json").read_text())["port"]
        if (service, port) not in self._clients:
            self._clients[service, port] = client_of(port, service)
        return self._clients[service, port]

    @property
    def bucket(self) -> str:
        """The site's bucket."""
        names = [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]
        return next(name for name in names if "-site-" in name)

    @property
    def distribution(self) -> str:
        """The id of the site's distribution."""
        listed = self.client("cloudfront").list_distributions()["DistributionList"]
        return str(listed["Items"][0]["Id"])

    def invalidated(self) -> list[list[str]]:
        """The paths of every invalidation so far, oldest first."""
        cloudfront, distribution = self.client("cloudfront"), self.distribution
        listed = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"].get(
            "Items", ()
        )
        ids = [entry["Id"] for entry in sorted(listed, key=lambda entry: entry["CreateTime"])]
        invalidations = [
            cloudfront.get_invalidation(DistributionId=distribution, Id=id_)["Invalidation"]
            for id_ in ids
        ]
        return [sorted(one["InvalidationBatch"]["Paths"]["Items"]) for one in invalidations]

    def end(self) -> None:
        """Stop the embedded cloud; kill it if it does not stop."""
        with suppress(subprocess.TimeoutExpired):
            self.resumectl("local", "stop", seconds=TWO_MINUTES)
        server = pidfile.read(self.root / ".resumectl/local/server")
        if server.state == "running" and server.pid:
            os.kill(server.pid, signal.SIGKILL)


def client_of(port: int, service: str) -> Any:
    """A boto3 client that tries once and says so when that fails."""
    import boto3
    from botocore.config import Config

    retries = {"total_max_attempts": 1}
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries=retries, s3={"addressing_style": "path"}, proxies={}),
    )


def environment(home: Path) -> dict[str, str]:
    """A clean environment. The user's cache stays, so that a provider is downloaded once."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = Path(os.environ.get("HOME") or Path.home())
    if (
        not Path(kept.get("TF_CLI_CONFIG_FILE", "/nowhere")).is_file()
        and (own / ".terraformrc").is_file()
    ):
        kept["TF_CLI_CONFIG_FILE"] = str(own / ".terraformrc")
    cache = os.environ.get("XDG_CACHE_HOME") or str(own / ".cache")
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": cache, "PYTHONPATH": str(ROOT)}


def finish(running: subprocess.Popen[str], seconds: float = TEN_MINUTES) -> Run:
    """Wait for a command that was started. pytest shows what this prints if the test fails."""
    with running:
        try:
            out, err = running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            running.kill()
            _, err = running.communicate(timeout=seconds)
            message = f"{running.args} had not ended after {seconds:.0f} s:\n{err[-4000:]}"
            raise AssertionError(message) from late
        finally:
            if running.poll() is None:
                running.kill()
    arguments = running.args
    assert isinstance(arguments, list)
    run = Run(tuple(str(item) for item in arguments[3:]), running.returncode, out, err)
    if run.code:
        sys.stdout.write(f"{run}\n")
    return run


def ask(url: str, method: str = "GET") -> Answer:
    """Send the site a request as a browser does, for which `*.localhost` is this machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=TWO_MINUTES)
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request(method, path, headers={"Host": parts.netloc})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def wait_until(condition: Callable[[], Any], seconds: float = TEN_MINUTES) -> Any:
    """Poll a condition until it is true; returns its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not true after {seconds:.0f} s"
        time.sleep(0.05)
    return value
