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

ENDS = {
    "delete_distribution": "update_distribution",
    "delete_objects": "delete_objects",
    "delete_bucket": "delete_objects",
    "put_retention_policy": "create_log_group",
}
"""The calls that Terraform makes for the same resource after an earlier one."""


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
        finishing: those of them with which Terraform finished the resource that it worked on.
    """

    aws: Aws
    env: str
    others: list[str] = field(default_factory=list)
    finishing: list[str] = field(default_factory=list)

    def before(self, worker: Process, root: Path, call: str, key: str) -> None:
        """Look at the lock before a call is sent.

        A Terraform that is told to stop finishes one resource, saves its state and releases its own
        lock. A failure is recorded, under a new number.
        """
        own = ("locks/", "releases/", f"terraform/{self.env}.tfstate")
        if call.startswith((*READS, *SETTING_UP)) or key.startswith(own):
            return
        lock: Any = live.document(self.aws, f"locks/{self.env}.json")
        holder = (lock or {}).get("process", {})
        if (holder.get("host"), holder.get("pid")) == (worker.machine.host, worker.pid):
            return
        run = root / ".resumectl/env" / self.env / "run" / str(worker.pid)
        same = not self.finishing or ENDS.get(call) == self.finishing[0]
        if same and (run / "apply.json").exists():
            self.finishing.append(call)
        else:
            self.others.append(f"{call} {key}".strip())
