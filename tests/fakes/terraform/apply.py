"""Applying a saved plan, resource by resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resumectl.errors import TerraformError
from resumectl.infra.stream import Event
from tests.fakes.terraform.configuration import NEEDS, UNKNOWN
from tests.fakes.terraform.kind import HalfMade
from tests.fakes.terraform.resources import kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from resumectl.infra.runner import Watch
    from resumectl.infra.stream import Progress
    from tests.fakes.terraform.configuration import Module
    from tests.fakes.terraform.kind import Clients
    from tests.fakes.terraform.plan import Change, Plan
    from tests.fakes.terraform.state import State


class Apply:
    """One apply. What was done is in `state`, whatever else happens.

    Args:
        module: resolves what was not known when the plan was made.
        plan: what is done, and nothing else.
        state: changed as it goes on.
        clients: of the process that runs Terraform.
        watch: told what happens.
        asked: whether it is asked to stop.
        save_every: after how many resources the state is saved meanwhile.
    """

    def __init__(
        self,
        module: Module,
        plan: Plan,
        state: State,
        clients: Clients,
        watch: Watch,
        asked: Callable[[], bool],
        save_every: int,
    ) -> None:
        self._module, self._plan, self._state = module, plan, state
        self._clients, self._save_every = clients, save_every
        self._watch, self._asked = watch, asked
        self._failed: set[str] = set()
        self.interrupted = self.stopped = False

    def run(self, save: Callable[[], None]) -> list[TerraformError]:
        """Do it and save the state; gives the errors. A stop waits for the resource in flight."""
        self._state.resources |= self._plan.refreshed
        for change in self._plan.drift:
            if change.after is None:
                self._state.resources.pop(change.address, None)
        errors: list[TerraformError] = []
        needed = [change for change in self._plan.changes if change.is_needed]
        for count, change in enumerate(self._ordered(needed), 1):
            if self._failed & set(NEEDS.get(change.address, ())):
                self._failed.add(change.address)
                continue
            self._one(change, errors)
            if self._is_stopped():
                errors.append(TerraformError("Terraform: execution halted: interrupted"))
                break
            if count % self._save_every == 0 and count < len(needed):
                self._try(save, errors)
        if not self.stopped:
            self._state.outputs = self._outputs()
        self._try(save, errors)
        return errors

    def _outputs(self) -> dict[str, Any]:
        known = self._module.outputs(self._state.resources)
        planned = self._plan.outputs
        return {name: known[name] for name in known if name in planned}

    def _ordered(self, changes: list[Change]) -> list[Change]:
        """Deletions first, as they were planned."""
        return sorted(changes, key=lambda change: change.actions != ["delete"])

    def _try(self, save: Callable[[], None], errors: list[TerraformError]) -> None:
        try:
            save()
        except TerraformError as error:
            errors.append(error)

    def _one(self, change: Change, errors: list[TerraformError]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        action = change.actions[-1]
        self._tell("started", change.address, action)
        try:
            self._carry_out(change)
        except HalfMade as error:
            self._taint(change, error.id)
            self._fail(change, error.__cause__, errors)
        except (BotoCoreError, ClientError) as error:
            self._fail(change, error, errors)
        else:
            self._tell("done", change.address, action)

    def _fail(self, change: Change, error: Any, errors: list[TerraformError]) -> None:
        doing = {"create": "creating", "update": "updating", "delete": "deleting"}
        said = f"Terraform: {doing.get(change.actions[-1], 'reading')} ({change.address}): {error}"
        errors.append(TerraformError(said))
        self._failed.add(change.address)
        self._tell("failed", change.address, change.actions[-1])

    def _carry_out(self, change: Change) -> None:
        of, address = kind(change.address), change.address
        if "delete" in change.actions:
            known = self._state.resources.get(address) or change.before or {}
            of.delete(self._clients, of.id(known), known)
            self._state.resources.pop(address, None)
            self._state.tainted.discard(address)
        if change.after is None:
            return
        wanted = self._resolved(change)
        if "create" in change.actions:
            id_ = of.create(self._clients, wanted)
            if self._is_stopped():
                self._taint(change, id_)
                return
        else:
            id_ = of.id(change.before or {})
            if "update" in change.actions:
                of.update(self._clients, id_, wanted)
        self._state.resources[address] = {**wanted, **(of.read(self._clients, id_) or {})}

    def _resolved(self, change: Change) -> dict[str, Any]:
        """The planned attributes; references to what was made since have their values now."""
        configured = self._module.resources(self._state.resources)[change.address]
        wanted = {}
        for key, value in (change.after or {}).items():
            unresolved = UNKNOWN in repr(value)
            if not unresolved:
                wanted[key] = value
            elif key in configured:
                wanted[key] = configured[key]
        return wanted

    def _taint(self, change: Change, id_: str) -> None:
        wanted = {key: value for key, value in self._resolved(change).items() if value != UNKNOWN}
        self._state.resources[change.address] = {**wanted, "id": id_}
        self._state.tainted.add(change.address)

    def _is_stopped(self) -> bool:
        """Whether somebody asked to stop; a resource in flight then counts as half made."""
        self.stopped = self.stopped or self._asked()
        return self.stopped

    def _tell(self, progress: Progress, address: str, action: str) -> None:
        """Tell whoever watches, who may press Ctrl-C: Terraform still ends in order."""
        try:
            self._watch.on_event(Event(progress, address, action))
        except KeyboardInterrupt:
            self.interrupted = self.stopped = True
