"""Terraform's commands on a state: push, pull, list, rm, taint, untaint, import, force-unlock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from resumectl.errors import TerraformError
from tests.fakes.terraform.resources import kind
from tests.fakes.terraform.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fakes.terraform.configuration import Module
    from tests.fakes.terraform.kind import Clients
    from tests.fakes.terraform.state import Store


def run(store: Store, clients: Clients, module: Module, arguments: Sequence[str]) -> str:
    """Run one command; gives its output.

    Raises:
        TerraformError: it failed.
    """
    flags = [word for word in arguments if word.startswith("-")]
    words = [word for word in arguments if not word.startswith("-")]
    name = " ".join(words[:2]) if words[0] == "state" else words[0]
    rest = words[2:] if words[0] == "state" else words[1:]
    if name == "force-unlock":
        store.unlock(rest[0])
        return ""
    if name == "state pull":
        return json.dumps(_state(store).document())
    if name == "state list":
        return "".join(f"{address}\n" for address in _state(store).resources)
    writes: dict[str, Callable[[], None]] = {
        "state push": lambda: _push(store, Path(rest[0]), force="-force" in flags),
        "state rm": lambda: _remove(store, rest),
        "taint": lambda: _mark(store, rest[0], tainted=True),
        "untaint": lambda: _mark(store, rest[0], tainted=False),
        "import": lambda: _import(store, clients, module, *rest),
    }
    if name not in writes:
        raise NotImplementedError(f"the fake Terraform has no {name!r}")
    id_ = None if "-lock=false" in flags else store.lock(f"OperationType{name.title()}")
    try:
        writes[name]()
    finally:
        store.unlock(id_)
    return ""


def _state(store: Store) -> State:
    state = store.read()
    if state is None:
        raise _failed("state", "No state file was found!")
    return state


def _push(store: Store, file: Path, *, force: bool) -> None:
    """Put a state in place of the stored one, as Terraform 1.11 does with an S3 backend.

    Of the same lineage, with a higher serial; it is stored under the serial after that. Where no
    state is stored, a pushed one gets a new lineage and starts again at serial 1.
    """
    pushed, stored = State.parse(file.read_bytes()), store.read()
    if stored is None:
        pushed.lineage, pushed.serial = store.fresh().lineage, 0
    elif not force:
        _refuse_push(pushed, stored)
        if pushed == stored:
            return
    pushed.serial += 1
    store.put(pushed)


def _refuse_push(pushed: State, stored: State) -> None:
    if pushed.lineage != stored.lineage:
        raise _failed(
            "state",
            f"cannot import state with lineage {pushed.lineage!r} over unrelated state with "
            f"lineage {stored.lineage!r}",
        )
    if pushed.serial < stored.serial:
        raise _failed(
            "state",
            f"cannot import state with serial {pushed.serial} over newer state with serial "
            f"{stored.serial}",
        )
    if pushed.serial == stored.serial and pushed != stored:
        raise _failed(
            "state",
            f"cannot overwrite existing state with serial {stored.serial} with a different state "
            "that has the same serial",
        )


def _remove(store: Store, addresses: Sequence[str]) -> None:
    state = _state(store)
    for address in addresses:
        if address not in state.resources:
            raise _failed("state", f"Invalid target address: No matching objects found: {address}")
        del state.resources[address]
        state.tainted.discard(address)
    store.write(state)


def _mark(store: Store, address: str, *, tainted: bool) -> None:
    state, command = _state(store), "taint" if tainted else "untaint"
    _require(state, address, command)
    if not tainted and address not in state.tainted:
        raise _failed(command, f"Resource instance {address} is not currently tainted")
    if tainted:
        state.tainted.add(address)
    else:
        state.tainted.discard(address)
    store.write(state)


def _import(store: Store, clients: Clients, module: Module, address: str, id_: str) -> None:
    state = store.read() or store.fresh()
    if address in state.resources:
        raise _failed("import", f"Resource already managed by Terraform: {address}")
    live = kind(address).read(clients, id_)
    if live is None:
        raise _failed("import", f"Cannot import non-existent remote object: {address}, {id_}")
    state.resources[address] = {**kind(address).unread, **live}
    state.outputs = module.outputs(state.resources)
    store.write(state)


def _require(state: State, address: str, command: str) -> None:
    if address not in state.resources:
        raise _failed(command, f"No such resource instance: {address}")


def _failed(command: str, said: str) -> TerraformError:
    return TerraformError(f"terraform {command} failed: {said}")
