"""What is in the account, asked of AWS: one module per service says how.

Two questions that Terraform does not answer. What exists although the state does not know it, since
an interrupted apply could not save it? And what hangs on our resources although nobody declared it?
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from resumectl import aws
from resumectl.errors import Refused
from resumectl.infra.inventory import (
    api,
    cloudfront,
    dns,
    dynamodb,
    functions,
    iam,
    observability,
    s3,
)
from resumectl.infra.inventory.lookup import Account, Lookup
from resumectl.parallel import side_by_side
from resumectl.part import Unseen
from resumectl.plan import UNKNOWN, Change, resource_type

if TYPE_CHECKING:
    from resumectl.infra.inventory.extra import Extra, Row
    from resumectl.infra.state import State
    from resumectl.plan import Fields, Snapshot

    Clients = Callable[[str], aws.Client]

__all__ = [
    "FILE",
    "LOOKUPS",
    "Account",
    "Existing",
    "existing",
    "import_blocks",
    "remove",
    "undeclared",
]

FILE: Final = "resumectl.imports.tf.json"
_SERVICES: Final = (api, cloudfront, dns, dynamodb, functions, iam, observability, s3)
LOOKUPS: Final[Mapping[str, Lookup]] = {
    type_: lookup for service in _SERVICES for type_, lookup in service.LOOKUPS.items()
}
_EXTRAS: Final[tuple[Extra, ...]] = (
    *(*api.EXTRAS, *cloudfront.EXTRAS, *dynamodb.EXTRAS, *functions.EXTRAS),
    *(*iam.EXTRAS, *observability.EXTRAS, *s3.EXTRAS),
)
_NOT_OFFERED: Final = {
    *("MethodNotAllowed", "NotImplemented", "UnsupportedArgument", "UnsupportedOperation"),
}
"""The service does not offer this in the region, so nobody can have set it."""
_LANES: Final = 8


@dataclass(frozen=True)
class Existing:
    """The resources that a plan would create although they exist.

    Attributes:
        ours: the id to import, by address.
        others: why a resource is not ours or cannot be told, by address.
    """

    ours: Mapping[str, str]
    others: Mapping[str, Refused] = field(default_factory=dict)


def existing(account: Account, planned: Snapshot) -> Existing:
    """Find the resources that a plan would create although they exist.

    Two passes: only the first tells which API, bucket or topic the parts in the second belong to.
    A part of something that would be created and is not ours is never ours. Raises botocore's
    errors.
    """
    known = {
        address: LOOKUPS[type_]
        for address in sorted(planned)
        if (type_ := resource_type(address)) in LOOKUPS
    }
    whole = {address: planned[address] for address, lookup in known.items() if not lookup.parent}
    found = _find(account, whole)
    parents = _parents(whole, found.ours)
    parts = {
        address: _completed(planned[address], lookup.parent, parents)
        for address, lookup in known.items()
        if lookup.parent
    }
    proven = {
        address: fields
        for address, fields in parts.items()
        if _is_proven(fields, known[address].parent, parents)
    }
    children = _find(account, proven)
    return Existing({**found.ours, **children.ours}, {**found.others, **children.others})


def _find(account: Account, planned: Snapshot) -> Existing:
    def find(address: str) -> str | Refused | None:
        lookup, fields = LOOKUPS[resource_type(address)], planned[address]
        if any(fields.get(name) in (None, UNKNOWN) for name in lookup.needs):
            return None
        try:
            return lookup.find(account, fields)
        except Refused as error:
            return error

    answers = dict(zip(planned, side_by_side(find, tuple(planned), lanes=_LANES), strict=True))
    return Existing(
        {address: id_ for address, id_ in answers.items() if isinstance(id_, str)},
        {address: error for address, error in answers.items() if isinstance(error, Refused)},
    )


def _parents(planned: Snapshot, ids: Mapping[str, str]) -> dict[str, list[str | None]]:
    """The ids of the planned resources by type; None for one that is not ours or not there."""
    parents: dict[str, list[str | None]] = {}
    for address in planned:
        parents.setdefault(resource_type(address), []).append(ids.get(address))
    return parents


def _completed(
    fields: Fields, parent: tuple[str, str] | None, parents: Mapping[str, list[str | None]]
) -> Fields:
    """The planned fields, with the parent's id where the plan does not know it.

    Of two planned parents, a part could belong to either.
    """
    type_, name = parent or ("", "")
    if fields.get(name) not in (None, UNKNOWN):
        return fields
    ids = parents.get(type_, [])
    return {**fields, name: ids[0] if len(ids) == 1 else None}


def _is_proven(
    fields: Fields, parent: tuple[str, str] | None, parents: Mapping[str, list[str | None]]
) -> bool:
    """Whether the parent is ours: it was found, or the state has it, so it is not planned."""
    type_, name = parent or ("", "")
    return type_ not in parents or fields.get(name) in parents[type_]


def undeclared(clients: Clients, state: State) -> tuple[tuple[Change, ...], tuple[Unseen, ...]]:
    """Find what hangs on the state's resources although terraform/ does not declare it.

    Returns creations of kind `unmanaged`, sorted by key, whose field `resource` says what each one
    is; and what could not be looked at. Raises botocore's error if AWS rejects the credentials.
    """
    looks = side_by_side(partial(_look, clients, state), _EXTRAS, lanes=_LANES)
    fields_by_key = {
        f"{extra.resource} {name}": {"resource": extra.resource, **fields}
        for extra, look in zip(_EXTRAS, looks, strict=True)
        if not isinstance(look, Unseen)
        for name, fields in look
    }
    changes = tuple(
        Change("infra", key, None, fields, kind="unmanaged")
        for key, fields in sorted(fields_by_key.items())
    )
    return changes, tuple(look for look in looks if isinstance(look, Unseen))


def _look(clients: Clients, state: State, extra: Extra) -> list[Row] | Unseen:
    """Nothing, if the API, function, role or bucket itself is gone: Terraform reports that."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    try:
        return list(extra.find(clients(extra.service), state))
    except (BotoCoreError, ClientError) as error:
        if aws.is_absent(error) or aws.error_code(error) in _NOT_OFFERED:
            return []
        if aws.rejects_credentials(error) or isinstance(error, ParamValidationError):
            raise
        return Unseen(extra.what, extra.action, _why(error))


def _why(error: Exception) -> str:
    code = aws.error_code(error)
    return "denied" if code in aws.DENIED else code or "no response"


def remove(clients: Clients, state: State, change: Change) -> None:
    """Remove one that `undeclared` returned. Raises botocore's errors."""
    fields = change.after or {}
    extra = next(extra for extra in _EXTRAS if extra.resource == fields["resource"])
    extra.remove(clients(extra.service), state, fields)


def import_blocks(ids: Mapping[str, str]) -> bytes:
    """The file `FILE` of a root module, with an import block for each address."""
    blocks = [{"to": address, "id": id_.replace("${", "$${")} for address, id_ in ids.items()]
    return json.dumps({"import": blocks}, indent=2).encode()
