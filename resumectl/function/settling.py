"""Waiting around Lambda's writes: it takes one at a time, and works on each for a while after it has answered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resumectl.aws import error_code
from resumectl.errors import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from resumectl.aws import Client


@dataclass(frozen=True)
class Patience:
    """How long to go on asking, and with what clock."""

    seconds: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def attempts(self) -> Iterator[None]:
        """One attempt now, then one after each of ever longer pauses until the time is up."""
        end, pause = self.clock() + self.seconds, 0.1
        yield
        while (left := end - self.clock()) > 0:
            self.sleep(min(pause, left))
            pause = min(pause * 1.3, 2.0)
            yield


def settled(client: Client, name: str, patience: Patience, **qualifier: str) -> dict[str, Any]:
    """Wait until Lambda is done with the function's (or a version's) last change, well or badly."""
    for _ in patience.attempts():
        found: dict[str, Any] = client.get_function_configuration(FunctionName=name, **qualifier)
        if found.get("LastUpdateStatus") != "InProgress" and found.get("State") != "Pending":
            return found
    raise CloudError(
        f"Lambda was still updating {name} after {patience.seconds:g} s.",
        hint="Run the command again in a minute; it goes on from where it stopped.",
    )


def succeeded(client: Client, name: str, patience: Patience, **qualifier: str) -> dict[str, Any]:
    """Wait as `settled` does, and raise when the change failed."""
    found = settled(client, name, patience, **qualifier)
    for status, why in (("LastUpdateStatus", "LastUpdateStatusReason"), ("State", "StateReason")):
        if found.get(status) == "Failed":
            reason = found.get(why) or found.get(f"{why}Code") or "no reason given"
            raise CloudError(
                f"Lambda could not update {name}: {reason}",
                hint="The alias was not moved; what was live still is.",
            )
    return found


def accepted(
    client: Client, name: str, patience: Patience, write: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do a write; while Lambda refuses it because of one that is under way, wait for that and try again."""
    from botocore.exceptions import ClientError

    for _ in patience.attempts():
        try:
            return write()
        except ClientError as error:
            if error_code(error) != "ResourceConflictException":
                raise
        settled(client, name, patience)
    raise CloudError(
        f"Lambda refused to change {name} for {patience.seconds:g} s, because of another change.",
        hint="See who else changes the function, then run the command again.",
    )
