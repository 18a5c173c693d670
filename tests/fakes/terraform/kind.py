"""What a type of resource is to the fake Terraform: how it is read and changed on AWS."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class Clients:
    """The clients of the process that runs Terraform."""

    client: Callable[[str], Any]
    region: str
    number: Callable[[str], int]

    def __call__(self, service: str) -> Any:
        return self.client(service)


_LOOKS = 50
"""More than anything takes to settle."""


class HalfMade(Exception):
    """A resource exists, but a call after its creation failed: Terraform taints it."""

    def __init__(self, id_: str) -> None:
        super().__init__(id_)
        self.id = id_


@contextmanager
def made(id_: str) -> Iterator[None]:
    """What comes after a creation: when AWS refuses it, the resource is half made."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise HalfMade(id_) from error


def appears(look: Callable[[], Any]) -> None:
    """Wait for what was just made, as the provider does; a call takes no time here."""
    for _ in range(_LOOKS):
        if look() is not None:
            return


class Kind:
    """One type of resource.

    Attributes:
        replaced_by: a change of these makes it anew.
        ignored: attributes under `ignore_changes`.
        unread: attributes that only the state knows, as an import finds them.
        computed: attributes that are known only after it was made.
    """

    replaced_by: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unread: Attributes = MappingProxyType({})
    computed: tuple[str, ...] = ("id", "arn")

    def id(self, attributes: Attributes) -> str:
        return str(attributes["id"])

    def read(self, clients: Clients, id_: str) -> dict[str, Any] | None:
        """The attributes as AWS has them; None when it does not exist."""
        raise NotImplementedError

    def create(self, clients: Clients, wanted: Attributes) -> str:
        """Make it; gives its id. What exists already is refused by AWS."""
        raise NotImplementedError

    def update(self, clients: Clients, id_: str, wanted: Attributes) -> None:
        raise NotImplementedError

    def delete(self, clients: Clients, id_: str, known: Attributes) -> None:
        raise NotImplementedError


def rows(tags: Attributes) -> list[dict[str, str]]:
    """Tags as most services want them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_of(items: list[dict[str, str]]) -> dict[str, str]:
    return {item["Key"]: item["Value"] for item in items}
