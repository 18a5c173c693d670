"""One first deploy for a whole test run; tests that need a deployed project get a copy of it.

The embedded cloud of a copy has a port of its own. Four things record the port, and are rewritten
in the copy: the state of the embedded cloud, Terraform's state, the release and its configuration.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from resumectl.infra import kept
from resumectl.infra.module import Module
from resumectl.local import ports
from tests.e2e.account import Account
from tests.e2e.project import Project, Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PORT, _STATE = ".resumectl/local/emulator.json", ".resumectl/local/state"


@dataclass(frozen=True)
class Deployed:
    """A project whose first deploy is done and whose embedded cloud is stopped. It is only copied.

    Attributes:
        root: its folder.
        first: the first deploy.
    """

    root: Path
    first: Run

    def copy(self, root: Path, home: Path) -> tuple[Project, Run]:
        """Copy it, start the copy's embedded cloud; returns the copy and its first deploy."""
        before = _port(self.root)
        project = duplicate(self.root, root, home)
        after = _port(root)
        _move(project, before, after)
        first = Run(self.first.args, 0, _moved(self.first.out, before, after), self.first.err)
        return project, first


def deployed(folder: Path) -> Deployed:
    """The deployed project in `folder`, shared by all workers: the first deploys, the rest wait."""
    folder.mkdir(exist_ok=True)
    result = folder / "first.json"
    with _locked(folder / "lock"):
        if not result.exists():
            project = Project.copy(folder / "resume", folder / "home")
            run = project.resumectl("deploy", "--yes", "--json")
            project.end()
            result.write_text(json.dumps(asdict(run)))
    fields = json.loads(result.read_text())
    first = Run(**{**fields, "args": tuple(fields["args"])})
    assert first.code == 0, first
    return Deployed(folder / "resume", first)


def duplicate(source: Path, root: Path, home: Path) -> Project:
    """Copy a project whose embedded cloud is stopped, and start the copy's on a port of its own."""
    shutil.copytree(source, root, symlinks=True)
    before = _port(root)
    with ports.open_free(root) as free:  # outside the range that outgoing connections use
        after = int(free.getsockname()[1])
    for file in (root / _PORT, *(root / _STATE).glob("*.json")):
        file.write_text(_moved(file.read_text(), before, after))
    home.mkdir()
    project = Project(root, home)
    started = project.resumectl("local", "start")
    assert started.code == 0, started
    return project


def _port(root: Path) -> int:
    return int(json.loads((root / _PORT).read_text())["port"])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _moved(text: str, before: int, after: int) -> str:
    return re.sub(rf"\b{before}\b", str(after), text)


def _move(project: Project, before: int, after: int) -> None:
    account = Account(project.client)
    old, new = _move_configuration(account, after)
    for key in ("terraform/local.tfstate", "releases/local/000001.json"):
        text = _moved(account.read(key).decode(), before, after)
        account.write(key, text.replace(old, new).encode())


def _move_configuration(account: Account, after: int) -> tuple[str, str]:
    """Rewrite the kept configuration; returns its digest before and after."""
    old = account.release(1)["infra"]["digest"]
    nothing_secret = Module({}, {"function": {"package": ""}})
    data = account.read(f"artifacts/local/infra/{old}.zip")
    module = kept.unpack(data, nothing_secret).exactly()
    emulator = {**module.variables["emulator"], "port": after}
    moved = Module(module.files, {**module.variables, "emulator": emulator})
    new = moved.digest
    account.write(f"artifacts/local/infra/{new}.zip", kept.pack(moved))
    key = f"artifacts/local/infra/{old}.zip"
    account["s3"].delete_object(Bucket=account.project_bucket, Key=key)
    return old, new
