"""What is in the account, asked of AWS: one module per service says how.

Two questions that Terraform does not answer. What exists although the state does not know it, since
an interrupted apply could not save it? And what hangs on our resources although nobody declared it?
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

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
from resumectl.part import Unseen
from resumectl.plan import UNKNOWN, Change, resource_type

if TYPE_CHECKING:
    from resumectl.infra.inventory.extra import Extra, Row
    from resumectl.infra.state import State
    from resumectl.plan import Fields, Snapshot

    Clients = Callable[[str], aws.Client]

__all__ = ["FILE", "LOOKUPS", "Account", "existing", "import_blocks", "remove", "undeclared"]

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
