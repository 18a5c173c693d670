"""Finding a resource that Terraform's state does not know, and proving that it is ours.

A look-up starts from the planned name. Tags prove ownership; types without tags are ours by their
exact name, or as a part of something that is ours. A unique name that somebody else holds is
refused. Where a name may repeat (APIs, certificates, a distribution's comment), only ours count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resumectl.errors import Refused

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.plan import Fields


@dataclass(frozen=True)
class Account:
    """One environment's account and region, and the tags that every resource of ours has.

    `client` returns the boto3 client of a service; an optional second argument is the region.
    """

    client: Callable[..., Client]
    account: str
    region: str
    tags: Mapping[str, str]

    def owns(self, tags: object) -> bool:
        """Whether the tags include ours. Services give a mapping, or a list of keys and values."""
        rows = tags if isinstance(tags, list) else []
        pairs = tags if isinstance(tags, dict) else {row["Key"]: row["Value"] for row in rows}
        return self.tags.items() <= pairs.items()

    def ours(self, id_: str, tags: object) -> str:
        """The id, if the tags include ours.

        Raises:
            Refused: the resource is not ours.
        """
        if self.owns(tags):
            return id_
        required = ", ".join(f"{key}={value}" for key, value in self.tags.items())
        raise refused(f"{id_} exists already, and is not ours: it lacks the tags {required}.")


@dataclass(frozen=True)
class Lookup:
    """How one type of resource is found.

    Attributes:
        find: returns the id that Terraform imports it by; None if it does not exist.
        needs: the planned fields to search by. If one is unknown, the resource cannot exist yet.
        parent: the type of the resource that this one is part of, and the field that names it.
            Terraform does not know that field if it plans to create the parent, too.
    """

    find: Callable[[Account, Fields], str | None]
    needs: tuple[str, ...]
    parent: tuple[str, str] | None = None


def refused(
    message: str, hint: str = "See docs/runbook.md, 'Something of that name exists'."
) -> Refused:
    """The error for a resource that may not be ours: nothing is created or imported."""
    return Refused(message, hint=f"Nothing was changed. {hint}", code="exists")


def only(ids: list[str], what: str) -> str | None:
    """The single id, or None if there is none.

    Raises:
        Refused: there are several, and nothing tells which of them is in use.
    """
    if len(ids) > 1:
        raise refused(
            f"There are {len(ids)} {what} with our tags: {', '.join(ids)}.",
            "Delete all but one of them.",
        )
    return ids[0] if ids else None


def paged(client: Client, operation: str, key: str, **arguments: object) -> Iterator[Any]:
    """The items of a list that has a paginator."""
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]
