"""Wait for Lambda: it takes one update at a time and finishes it after the API call returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from resumectl.aws import error_code
from resumectl.errors import CloudError

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.backoff import Backoff


def settled(client: Client, name: str, backoff: Backoff, **qualifier: str) -> dict[str, Any]:
    """The configuration of a function or version, once its last update succeeded or failed."""
    for _ in backoff.attempts():
        configuration: dict[str, Any] = client.get_function_configuration(
            FunctionName=name, **qualifier
        )
        updating = configuration.get("LastUpdateStatus") == "InProgress"
        if not updating and configuration.get("State") != "Pending":
            return configuration
    raise CloudError(
        f"Lambda was still updating {name} after {backoff.seconds:g} s.",
        hint="Run the command again in a minute; it continues where it stopped.",
    )


def succeeded(client: Client, name: str, backoff: Backoff, **qualifier: str) -> dict[str, Any]:
    """Wait like `settled`, and raise if the update failed."""
    configuration = settled(client, name, backoff, **qualifier)
    for status, why in (("LastUpdateStatus", "LastUpdateStatusReason"), ("State", "StateReason")):
        if configuration.get(status) == "Failed":
            reason = configuration.get(why) or configuration.get(f"{why}Code") or "no reason given"
            raise CloudError(
                f"Lambda could not update {name}: {reason}",
                hint="The alias was not moved; it still serves the previous version.",
            )
    return configuration


def accepted(
    client: Client, name: str, backoff: Backoff, write: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do a write; while another update blocks it, wait for that one and retry."""
    from botocore.exceptions import ClientError

    for _ in backoff.attempts():
        try:
            return write()
        except ClientError as error:
            if error_code(error) != "ResourceConflictException":
                raise
        settled(client, name, backoff)
    raise CloudError(
        f"Lambda rejected changes of {name} for {backoff.seconds:g} s: other updates are running.",
        hint="Find out who else is changing the function, then run the command again.",
    )
