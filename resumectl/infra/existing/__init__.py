"""Resources that exist although Terraform's state does not know them: an interrupted apply could not save them.

Their names follow from the configuration, so what a plan would make is looked for by its planned name first. What is
there and is provably ours is imported: the module is copied, import blocks are added, and the plan is made again there.
Two waves: what stands by itself, then what is part of it, because only the first tells which API, bucket or topic.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from resumectl.infra import configuration
from resumectl.infra.existing.belonging import BELONGING
from resumectl.infra.existing.standing import STANDING
from resumectl.plan import UNKNOWN, resource_type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from resumectl.infra.existing.ask import Ask, Lookup
    from resumectl.plan import Fields, Snapshot

FILE: Final = "resumectl.imports.tf.json"
_LANES: Final = 8


def find(ask: Ask, created: Snapshot) -> dict[str, str]:
    """Look for everything that a plan would make.

    Args:
        ask: what a look-up may use.
        created: the planned fields by address.

    Returns:
        What Terraform imports it by, for each address that exists. Raises botocore's errors.

    Raises:
        Refused: something of such a name is not ours.
    """
    found = _wave(ask, STANDING, created, {})
    return found | _wave(ask, BELONGING, created, _parents(found))


def _parents(found: Mapping[str, str]) -> dict[str, str]:
    """What was found, by type, where there is only one of the type: of two nobody knows which one is meant."""
    kinds = [resource_type(address) for address in found]
    return {
        kind: id_ for kind, id_ in zip(kinds, found.values(), strict=True) if kinds.count(kind) == 1
    }


def _wave(
    ask: Ask, lookups: Mapping[str, Lookup], created: Snapshot, parents: Mapping[str, str]
) -> dict[str, str]:
    def look(address: str) -> str | None:
        lookup = lookups[resource_type(address)]
        fields = _filled(created[address], lookup, parents)
        known = all(fields.get(name) not in (None, UNKNOWN) for name in lookup.needs)
        return lookup.look(ask, fields) if known else None

    addresses = [address for address in sorted(created) if resource_type(address) in lookups]
    with ThreadPoolExecutor(_LANES, thread_name_prefix="existing") as pool:
        return {
            address: id_
            for address, id_ in zip(addresses, pool.map(look, addresses), strict=True)
            if id_
        }


def _filled(fields: Fields, lookup: Lookup, parents: Mapping[str, str]) -> Fields:
    """The planned fields, with what was found of the resource that this one is part of."""
    if lookup.parent is None:
        return fields
    kind, name = lookup.parent
    return {**fields, name: parents.get(kind)} if fields.get(name) in (None, UNKNOWN) else fields


def with_imports(directory: Path, target: Path, found: Mapping[str, str]) -> None:
    """Copy a root module to `target`, in place of what is there, with an import block for each address."""
    blocks = [{"to": address, "id": id_.replace("${", "$${")} for address, id_ in found.items()]
    configuration.copy(directory, target, FILE, json.dumps({"import": blocks}, indent=2))
