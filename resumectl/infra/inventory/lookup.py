"""Finding a resource that Terraform's state does not know, and proving that it is ours.

A look-up starts from the planned name. A name proves nothing: a resource is ours if its tag
`Deployment`, or for types without tags its description, names this deployment, or if it is a part
of something that is ours. A unique name that somebody else holds is refused. Where a name may
repeat (APIs, certificates, a distribution's comment), only ours count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resumectl.infra.identity import TAG, Deployment, refused

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.plan import Fields

__all__ = ["Account", "Lookup", "only", "paged", "refused"]


@dataclass(frozen=True)
class Account:
    """Where an environment is deployed, and what proves that a resource is its own.

    `client` returns the boto3 client of a service; an optional second argument is the region.
    """

    client: Callable[..., Client]
    deployment: Deployment

    def owns(self, tags: object) -> bool:
        """Whether the tags name our deployment."""
        return self.deployment.owns(_tag(tags))

    def ours(self, id_: str, tags: object) -> str:
        """The id, if the tags name our deployment.

        Raises:
            Refused: the resource is not ours.
        """
        return self.described(id_, _tag(tags))

    def described(self, id_: str, text: str, what: str = "") -> str:
        """The id, if the description names our deployment.

        Args:
            id_: what Terraform imports the resource by.
            text: its description, or the value of its tag.
            what: what to call it in an error, if that is not the id.

        Raises:
            Refused: the resource is not ours.
        """
        if self.deployment.owns(text):
            return id_
        raise self.deployment.refused(what or id_, text)


def _tag(tags: object) -> str:
    """The tag `Deployment`. Services give a mapping, or a list of keys and values."""
    rows = tags if isinstance(tags, list) else []
    pairs = tags if isinstance(tags, dict) else {row["Key"]: row["Value"] for row in rows}
    return str(pairs.get(TAG, ""))


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


def only(ids: list[str], what: str) -> str | None:
    """The single id, or None if there is none.

    Raises:
        Refused: there are several, and nothing tells which of them is in use.
    """
    if len(ids) > 1:
        raise refused(
            f"There are {len(ids)} {what} with our tag {TAG}: {', '.join(ids)}.",
            "Delete all but one of them.",
        )
    return ids[0] if ids else None


def paged(client: Client, operation: str, key: str, **arguments: object) -> Iterator[Any]:
    """The items of a list that has a paginator."""
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]
