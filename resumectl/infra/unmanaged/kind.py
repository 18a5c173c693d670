"""One kind of thing that can hang on our resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from resumectl.aws import Client
    from resumectl.infra.state import State

    Found = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """One kind of thing.

    Attributes:
        name: what its key in the plan begins with.
        service: whose client is needed.
        find: gives the name and the fields of each one that nobody released.
        remove: takes one away, given its fields.
    """

    name: str
    service: str
    find: Callable[[Client, State], Iterator[Found]]
    remove: Callable[[Client, State, Mapping[str, Any]], object]


def known(state: State, type_: str, attribute: str) -> set[Any]:
    """An attribute of every resource of that type."""
    return {
        resource.attributes.get(attribute) for resource in state.resources if resource.type == type_
    }
