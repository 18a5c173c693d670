"""Terraform's plan: from state and AWS to the configuration, and the JSON of `terraform show`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from resumectl.errors import TerraformError
from tests.fakes.terraform.configuration import NEEDS, UNKNOWN, with_needs
from tests.fakes.terraform.resources import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.fakes.terraform.configuration import Module
    from tests.fakes.terraform.kind import Clients
    from tests.fakes.terraform.state import State

    Attributes = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What is to be done with one resource; attributes that are not known yet are UNKNOWN."""

    address: str
    actions: list[str]
    before: Attributes | None
    after: Attributes | None
    importing: str | None = None

    @property
    def is_needed(self) -> bool:
        return self.actions != ["no-op"] or self.importing is not None

    def shown(self) -> dict[str, Any]:
        """As in `resource_changes` and `resource_drift`."""
        after = self.after or {}
        type_, name = self.address.split(".", 1)
        change: dict[str, Any] = {
            "actions": self.actions,
            "before": self.before,
            "after": self.after and {k: v for k, v in after.items() if not _unknown(v)},
            "after_unknown": {key: True for key, value in after.items() if _unknown(value)},
            "before_sensitive": {} if self.before else False,
            "after_sensitive": {} if self.after else False,
        }
        if self.importing is not None:
            change["importing"] = {"id": self.importing}
        named = {"address": self.address, "mode": "managed", "type": type_, "name": name}
        return {**named, "change": change}


_LISTS = ("changes", "drift")


@dataclass
class Plan:
    """A plan as it is saved; it applies only to the state that it was made of."""

    mode: str
    lineage: str | None
    serial: int
    refreshed: dict[str, Attributes] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """What `-detailed-exitcode` tells."""
        differs = any(row["actions"] != ["no-op"] for row in self.outputs.values())
        needed = any(change.is_needed for change in self.changes)
        return needed or differs or (self.mode == "refresh-only" and bool(self.drift))

    def shown(self) -> dict[str, Any]:
        return {
            "format_version": "1.2",
            "resource_drift": [change.shown() for change in self.drift],
            "resource_changes": [change.shown() for change in self.changes],
            "output_changes": self.outputs,
        }

    def saved(self) -> dict[str, Any]:
        rows = {key: [vars(change) for change in getattr(self, key)] for key in _LISTS}
        return {**vars(self), **rows}

    @classmethod
    def load(cls, document: dict[str, Any]) -> Plan:
        rows = {key: [Change(**row) for row in document[key]] for key in _LISTS}
        return cls(**{**document, **rows})


def make(
    mode: str,
    module: Module,
    state: State | None,
    clients: Clients,
    targets: Sequence[str],
    on_refresh: Callable[[str], None],
) -> Plan:
    """Refresh what the state knows, and compare it with the configuration.

    Raises:
        TerraformError: the configuration is wrong, or an import block names what does not exist.
    """
    plan = Plan(mode, state.lineage if state else None, state.serial if state else 0)
    recorded = state.resources if state else {}
    tainted = state.tainted if state else set()
    selected = with_needs(targets, NEEDS) if targets else {*NEEDS, *recorded}
    for address in [address for address in recorded if address in selected]:
        _refresh(plan, address, recorded[address], clients)
        on_refresh(address)
    known = {**{key: recorded[key] for key in recorded if key not in selected}, **plan.refreshed}
    if mode == "destroy":
        plan.changes = [
            Change(address, ["delete"], plan.refreshed[address], None)
            for address in _backwards(plan.refreshed)
        ]
        known = {address: known[address] for address in known if address not in plan.refreshed}
    elif mode == "apply":
        known = _compare(plan, module, known, tainted, selected, clients)
    _outputs(plan, module, known, state.outputs if state else {})
    return plan


def _refresh(plan: Plan, address: str, recorded: Attributes, clients: Clients) -> None:
    of = kind(address)
    live = of.read(clients, of.id(recorded))
    if live is None:
        plan.drift.append(Change(address, ["delete"], recorded, None))
        return
    plan.refreshed[address] = {**recorded, **live}
    if plan.refreshed[address] != recorded:
        plan.drift.append(Change(address, ["update"], recorded, plan.refreshed[address]))


def _compare(
    plan: Plan,
    module: Module,
    known: dict[str, Attributes],
    tainted: set[str],
    selected: set[str],
    clients: Clients,
) -> dict[str, Attributes]:
    """Fill in the plan's changes; gives what will be known once they are applied."""
    imports = module.imports()
    for address in list(module.resources(known)):
        if address not in selected:
            continue
        wanted = module.resources(known)[address]
        before, id_ = known.get(address), None
        if before is None and address in imports:
            id_ = imports[address]
            before = _imported(address, id_, clients)
        change = _change(address, before, wanted, id_, tainted=address in tainted)
        plan.changes.append(change)
        known = {**known, address: change.after or {}}
    configured = module.resources({})
    for address in _backwards(plan.refreshed):
        if address in configured:
            continue
        plan.changes.append(Change(address, ["delete"], known[address], None))
        known = {key: known[key] for key in known if key != address}
    return known


def _imported(address: str, id_: str, clients: Clients) -> Attributes:
    live = kind(address).read(clients, id_)
    if live is None:
        raise TerraformError(
            f"Terraform: Cannot import non-existent remote object ({address}): "
            f"the provider found nothing with the id {id_}."
        )
    return {**kind(address).unread, **live}


def _change(
    address: str, before: Attributes | None, wanted: Attributes, id_: str | None, *, tainted: bool
) -> Change:
    of = kind(address)
    made = {**wanted, **dict.fromkeys(of.computed, UNKNOWN)}
    if before is None:
        return Change(address, ["create"], None, made)
    settled = {key: value for key, value in wanted.items() if key not in of.ignored}
    after = {**before, **settled}
    differing = {key for key in settled if before.get(key) != settled[key]}
    if tainted or differing & set(of.replaced_by):
        return Change(address, ["delete", "create"], before, made, id_)
    if differing and "last_modified" in of.computed:
        after["last_modified"] = UNKNOWN
    return Change(address, ["update"] if differing else ["no-op"], before, after, id_)


def _outputs(
    plan: Plan, module: Module, known: Mapping[str, Attributes], recorded: Mapping[str, Any]
) -> None:
    after = {} if plan.mode == "destroy" and not known else module.outputs(known)
    for name in sorted({*recorded, *after}):
        actions = _output_actions(recorded.get(name), after.get(name))
        unknown = _unknown(after.get(name))
        plan.outputs[name] = {
            "actions": actions,
            "before": recorded.get(name),
            "after": None if unknown else after.get(name),
            "after_unknown": unknown,
            "before_sensitive": False,
            "after_sensitive": False,
        }


def _output_actions(before: Any, after: Any) -> list[str]:
    if before == after:
        return ["no-op"]
    if before is None:
        return ["create"]
    return ["delete"] if after is None else ["update"]


def _backwards(addresses: Mapping[str, Any]) -> list[str]:
    """In an order in which they can be deleted."""
    order = list(NEEDS)
    return sorted(addresses, key=order.index, reverse=True)


def _unknown(value: Any) -> bool:
    if isinstance(value, list):
        return any(_unknown(item) for item in value)
    if isinstance(value, dict):
        return any(_unknown(item) for item in value.values())
    return bool(value == UNKNOWN)
