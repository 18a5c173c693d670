"""What hangs on our resources although nobody released it, asked for by name: routes, aliases, policies, ...

Terraform does not see most of these. The rest it reads into its state and lets be, because its configuration says
nothing of them: after the next apply they would look as if they had always been there. So each kind is compared with
the resources that the state knows, never with what the state says of the bucket, the role or the function itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl.aws import error_code
from resumectl.infra.unmanaged import api, bucket, function, role
from resumectl.plan import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from resumectl.aws import Client
    from resumectl.infra.state import State
    from resumectl.infra.unmanaged.kind import Found, Kind

    Clients = Callable[[str], Client]

_KINDS: Final = (*api.KINDS, *function.KINDS, *role.KINDS, *bucket.KINDS)
_GONE: Final = {"NotFoundException", "ResourceNotFoundException", "NoSuchEntity", "NoSuchBucket"}
"""The resource itself is not there: Terraform tells that."""


def find(clients: Clients, state: State) -> tuple[Change, ...]:
    """Ask for each kind; gives creations of kind `unmanaged`, sorted. Raises botocore's errors."""
    found = {
        f"{kind.name} {name}": fields
        for kind in _KINDS
        for name, fields in _found(kind, clients, state)
    }
    return tuple(
        Change("infra", key, None, fields, kind="unmanaged")
        for key, fields in sorted(found.items())
    )


def remove(clients: Clients, state: State, change: Change) -> None:
    """Take away one that was found. Raises botocore's errors."""
    kind = next(kind for kind in _KINDS if change.key.startswith(f"{kind.name} "))
    kind.remove(clients(kind.service), state, change.after or {})


def _found(kind: Kind, clients: Clients, state: State) -> list[Found]:
    from botocore.exceptions import ClientError

    try:
        return list(kind.find(clients(kind.service), state))
    except ClientError as error:
        if error_code(error) in _GONE:
            return []
        raise
