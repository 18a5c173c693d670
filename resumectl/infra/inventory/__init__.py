"""What is in the account, asked of AWS: one module per service says how.

Two questions that Terraform does not answer. What exists although the state does not know it, since
an interrupted apply could not save it? And what hangs on our resources although nobody declared it?
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
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
from resumectl.plan import UNKNOWN, Change, resource_type

if TYPE_CHECKING:
    from resumectl.infra.inventory.extra import Extra
    from resumectl.infra.state import State
    from resumectl.plan import Fields, Snapshot

    Clients = Callable[[str], aws.Client]

__all__ = ["FILE", "LOOKUPS", "Account", "existing", "import_blocks", "remove", "undeclared"]

FILE: Final = "resumectl.imports.tf.json"
_SERVICES: Final = (api, cloudfront, dns, dynamodb, functions, iam, observability, s3)
LOOKUPS: Final[Mapping[str, Lookup]] = {
    type_: lookup for service in _SERVICES for type_, lookup in service.LOOKUPS.items()
}
_EXTRAS: Final[Mapping[str, Extra]] = {
    extra.resource: extra for extra in (*api.EXTRAS, *functions.EXTRAS, *iam.EXTRAS, *s3.EXTRAS)
}
_LANES: Final = 8


def existing(account: Account, planned: Snapshot) -> dict[str, str]:
    """Find the resources that a plan would create although they exist.

    Two passes: only the first tells which API, bucket or topic the parts in the second belong to.
    Returns the id to import, by address. Raises botocore's errors.

    Raises:
        Refused: a planned name is taken by something that is not ours.
    """
    known = {
        address: LOOKUPS[type_]
        for address in sorted(planned)
        if (type_ := resource_type(address)) in LOOKUPS
    }
    whole = {address: planned[address] for address, lookup in known.items() if not lookup.parent}
    ids = _find(account, whole)
    parents = _parents(whole, ids)
    parts = {
        address: _completed(planned[address], lookup.parent, parents)
        for address, lookup in known.items()
        if lookup.parent
    }
    return ids | _find(account, parts)


def _find(account: Account, planned: Snapshot) -> dict[str, str]:
    def find(address: str) -> str | None:
        lookup, fields = LOOKUPS[resource_type(address)], planned[address]
        if any(fields.get(name) in (None, UNKNOWN) for name in lookup.needs):
            return None
        return lookup.find(account, fields)

    ids = side_by_side(find, tuple(planned), lanes=_LANES)
    return {address: id_ for address, id_ in zip(planned, ids, strict=True) if id_}


def _parents(planned: Snapshot, ids: Mapping[str, str]) -> dict[str, str]:
    """The ids by type, where one of a type is planned: of two, a part could belong to either."""
    types = [resource_type(address) for address in planned]
    return {
        type_: ids[address]
        for type_, address in zip(types, planned, strict=True)
        if types.count(type_) == 1 and address in ids
    }


def _completed(fields: Fields, parent: tuple[str, str], parents: Mapping[str, str]) -> Fields:
    """The planned fields, with the parent's id where the plan does not know it."""
    type_, name = parent
    return {**fields, name: parents.get(type_)} if fields.get(name) in (None, UNKNOWN) else fields


def undeclared(clients: Clients, state: State) -> tuple[Change, ...]:
    """Find what hangs on the state's resources although terraform/ does not declare it.

    Returns creations of kind `unmanaged`, sorted by key; the field `resource` says what each one
    is. Raises botocore's errors.
    """
    fields_by_key = {
        f"{extra.resource} {name}": {"resource": extra.resource, **fields}
        for extra in _EXTRAS.values()
        for name, fields in _rows(extra, clients(extra.service), state)
    }
    return tuple(
        Change("infra", key, None, fields, kind="unmanaged")
        for key, fields in sorted(fields_by_key.items())
    )


def _rows(extra: Extra, client: aws.Client, state: State) -> list[tuple[str, dict[str, Any]]]:
    """Nothing, if the API, function, role or bucket itself is gone: Terraform reports that."""
    return aws.found(lambda: list(extra.find(client, state))) or []


def remove(clients: Clients, state: State, change: Change) -> None:
    """Remove one that `undeclared` returned. Raises botocore's errors."""
    fields = change.after or {}
    extra = _EXTRAS[fields["resource"]]
    extra.remove(clients(extra.service), state, fields)


def import_blocks(ids: Mapping[str, str]) -> bytes:
    """The file `FILE` of a root module, with an import block for each address."""
    blocks = [{"to": address, "id": id_.replace("${", "$${")} for address, id_ in ids.items()]
    return json.dumps({"import": blocks}, indent=2).encode()
