"""What can hang on our resources although terraform/ does not declare it.

Terraform does not see most of it. The rest it reads into its state and leaves alone, and after the
next apply it looks as if it had always been there. So the service is asked, and its answer is
compared with the resources of the state, never with the attributes of the bucket or the role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.state import State
    from resumectl.plan import Fields

    Row = tuple[str, dict[str, Any]]
    Rows = Iterable[Row]


@dataclass(frozen=True)
class Extra:
    """One look for undeclared resources.

    Attributes:
        resource: what it is called in a plan: the field `resource` and the key's first word.
        service: the boto3 client that it needs.
        what: what is looked at, in words, for a look that fails.
        action: the IAM action that looking needs.
        find: yields the name and the fields of each one that the state does not know.
        remove: deletes one, given the fields that `find` yielded.
    """

    resource: str
    service: str
    what: str
    action: str
    find: Callable[[Client, State], Rows]
    remove: Callable[[Client, State, Fields], object]


def declared(state: State, type_: str, attribute: str) -> set[Any]:
    """The values of an attribute of all resources of a type."""
    return {
        resource.attributes.get(attribute) for resource in state.resources if resource.type == type_
    }
