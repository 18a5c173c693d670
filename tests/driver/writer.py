"""At most one writer: who writes to an environment holds its lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.driver import live
from tests.fakes.aws.world import READS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.aws.world import Aws
    from tests.fakes.machine import Process

SETTING_UP = ("create_bucket", "put_public", "put_bucket_")
"""Calls that prepare the project bucket, before there can be a lock in it."""


class Broken(Exception):
    """An invariant does not hold."""


def require(holds: bool, about: str, wanted: Any, found: Any) -> None:
    """Raise Broken with both values unless it holds."""
    if not holds:
        raise Broken(f"{about}: {wanted}, but there is {found}")


@dataclass
class Writer:
    """Watches one command that should hold the lock of an environment.

    Attributes:
        others: the calls that it made while somebody else held the lock, or nobody.
    """

    aws: Aws
    env: str
    others: list[str] = field(default_factory=list)

    def before(self, worker: Process, root: Path, call: str, key: str) -> None:
        """Look at the lock before a call is sent.

        What Terraform has begun, it may end; and a failure is recorded, under a new number.
        """
        if call.startswith((*READS, *SETTING_UP)) or key.startswith(("locks/", "releases/")):
            return
        if (root / ".resumectl/env" / self.env / "run" / str(worker.pid) / "apply.json").exists():
            return
        lock: Any = live.document(self.aws, f"locks/{self.env}.json")
        holder = (lock or {}).get("process", {})
        if (holder.get("host"), holder.get("pid")) != (worker.machine.host, worker.pid):
            self.others.append(f"{call} {key}".strip())
