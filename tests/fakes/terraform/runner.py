"""The fake Terraform: the interface of `resumectl.infra.runner.Runner`, on the fake AWS.

Like the real one it takes a lock of its own beside the state, saves the state from time to time
only, leaves it as `errored.tfstate` in the module's folder when it cannot be saved, taints what an
interrupt caught half made, cannot make what exists, and refuses a plan that went stale or that was
made with another lock file. An apply is on record as that of `Runner.apply`.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from resumectl.errors import TerraformError
from resumectl.infra import runs
from resumectl.infra.configuration import ERRORED
from resumectl.infra.stream import Event
from tests.fakes.faults import Killed
from tests.fakes.terraform import commands, plan
from tests.fakes.terraform.apply import Apply
from tests.fakes.terraform.asked import Asked
from tests.fakes.terraform.configuration import Module
from tests.fakes.terraform.kind import Clients
from tests.fakes.terraform.state import State, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from resumectl.infra.runner import Mode, Watch
    from tests.fakes.machine import Process

LOCK_FILE = ".terraform.lock.hcl"
PROGRAM = "terraform"
_PROVIDER = 'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{0}"\n{1}}}\n'


class FakeRunner:
    """Terraform for one environment.

    Args:
        process: who runs it; its faults are Terraform's too.
        directory: the root module.
        work: where the environment's data is.
        run: the folder of this process, for the plan and the log.
        user: who takes the state's lock.
        save_every: after how many resources the state is saved while an apply goes on.
    """

    def __init__(
        self,
        process: Process,
        directory: Path,
        work: Path,
        run: Path,
        *,
        user: str = "alex",
        save_every: int = 2,
    ) -> None:
        self._process, self._terraform = process, process
        self._directory, self._work = directory, work
        self._user, self._save_every = user, save_every
        self._run = run
        self._backend: Mapping[str, str] = {}
        self._module: Module | None = None
        self._dependencies = ""

    @property
    def plan_file(self) -> Path:
        return self._run / "plan.bin"

    @property
    def log(self) -> Path:
        return self._run / runs.LOG

    # --- init

    def init(self, backend: Mapping[str, str]) -> None:
        """Prepare the backend and the provider; adds this platform's checksum to the lock file."""
        self._backend = dict(backend)
        done = self._work / "init.json"
        if done.exists() and done.read_text() == self._prepared():
            return
        done.unlink(missing_ok=True)
        if backend:
            with self._program(), reported("Failed to get existing workspaces"):
                s3 = self._terraform.client("s3", backend["region"])
                s3.list_objects_v2(Bucket=backend["bucket"], Prefix="env:/", MaxKeys=1)
        self._add_checksum()
        (self._work / "data" / "providers").mkdir(parents=True, exist_ok=True)
        done.write_text(self._prepared())

    def _prepared(self) -> str:
        platform = self._process.machine.platform
        return json.dumps([self._backend, platform, self._locked()], sort_keys=True)

    def _locked(self) -> str:
        lock = self._directory / LOCK_FILE
        return lock.read_text() if lock.exists() else ""

    def _add_checksum(self) -> None:
        known = self._locked()
        version = re.search(r'version = "(.*)"', known)
        hashes = {line.strip() for line in known.splitlines() if '"h1:' in line}
        hashes.add(f'"h1:{self._process.machine.platform}=",')
        rows = "".join(f"    {line}\n" for line in sorted(hashes))
        text = _PROVIDER.format(version[1] if version else "5.100.0", f"  hashes = [\n{rows}  ]\n")
        (self._directory / LOCK_FILE).write_text(text)

    # --- plan

    def plan(
        self, variables: Mapping[str, Any], mode: Mode, watch: Watch, targets: Sequence[str] = ()
    ) -> bool:
        """Make a plan and save it, without a lock; whether there is anything to apply."""
        self._run.mkdir(parents=True, exist_ok=True)
        self._dependencies = self._locked()
        process = self._process
        self._module = Module(self._directory, variables, process.account, process.region)

        stop = Asked(watch)

        def refreshed(address: str) -> None:
            watch.on_event(Event("refreshed", address))
            if stop():
                raise TerraformError("Terraform: operation canceled")

        with stop.instead_of_ctrl_c(), self._program(), self._logged(), reported("planning"):
            made = plan.make(
                mode, self._module, self._store.read(), self._clients, targets, refreshed
            )
            for change in made.changes:
                if change.is_needed:
                    watch.on_event(Event("planned", change.address, "+".join(change.actions)))
        self.plan_file.write_text(json.dumps(made.saved()))
        return made.changed

    def show(self) -> dict[str, Any]:
        """The saved plan as `terraform show -json` gives it."""
        return self._saved().shown()

    def _saved(self) -> plan.Plan:
        try:
            return plan.Plan.load(json.loads(self.plan_file.read_text()))
        except OSError as error:
            raise TerraformError(f"Terraform: Failed to read plan file: {error}") from error

    # --- apply

    def apply(self, watch: Watch) -> None:
        """Apply the saved plan, on record from before it starts until it ended well."""
        self._run.mkdir(parents=True, exist_ok=True)
        runs.begin(self._run)
        stop = Asked(watch)
        with stop.instead_of_ctrl_c(), self._program(), self._logged():
            runs.began(self._run, self._process.pid)
            self._applied(watch, stop)
        runs.end(self._run)

    def _applied(self, watch: Watch, stop: Asked) -> None:
        if self._locked() != self._dependencies:
            raise TerraformError("Terraform: Inconsistent dependency lock file")
        saved, store = self._saved(), self._store
        with reported("applying"):
            id_ = store.lock("OperationTypeApply")
            state = store.read() or store.fresh()
        is_first = saved.lineage is None and not state.serial
        if not is_first and (saved.lineage, saved.serial) != (state.lineage, state.serial):
            store.unlock(id_)
            raise TerraformError("Terraform: Saved plan is stale: the state changed since.")
        assert self._module
        applying = Apply(self._module, saved, state, self._clients, watch, stop, self._save_every)
        errors = applying.run(lambda: self._save(store, state))
        try:
            with reported("releasing the state lock"):
                store.unlock(id_)
        except TerraformError as error:
            errors.append(error)
        if applying.interrupted:
            raise KeyboardInterrupt
        if errors:
            more = f" (and {len(errors) - 1} more)" if errors[1:] else ""
            raise TerraformError(f"{errors[0].message}{more}", hint=f"The log: {self.log}")

    def _save(self, store: Store, state: State) -> None:
        """Store the state, or leave it in the module's folder."""
        serial = state.serial
        try:
            with reported("Failed to save state"):
                store.write(state)
        except TerraformError:
            state.serial = serial + 1
            (self._directory / ERRORED).write_text(json.dumps(state.document(), indent=2))
            raise

    # --- other commands

    def command(self, *arguments: str) -> str:
        """Run another command on the state; gives its output."""
        module = self._module or Module(
            self._directory, {}, self._process.account, self._process.region
        )
        with self._program(), reported(arguments[0]):
            return commands.run(self._store, self._clients, module, arguments)

    # ---

    @property
    def _store(self) -> Store:
        return Store(self._terraform, self._backend, self._directory, self._user)

    @property
    def _clients(self) -> Clients:
        process = self._terraform
        return Clients(process.client, process.region, process.aws.number)

    @contextmanager
    def _program(self) -> Iterator[None]:
        """One run of Terraform. If it dies alone, whoever runs it gets an error."""
        self._terraform = self._process.child(PROGRAM)
        try:
            yield
        except Killed:
            if not self._process.alive:
                raise
            raise TerraformError("Terraform failed: it said nothing") from None

    @contextmanager
    def _logged(self) -> Iterator[BinaryIO]:
        """The log of a run, locked as long as Terraform lives; it ends with what went wrong."""
        with self.log.open("wb") as log:
            runs.claim(log)
            try:
                yield log
            except TerraformError as error:
                diagnostic = {"severity": "error", "summary": error.message}
                line = json.dumps({"type": "diagnostic", "diagnostic": diagnostic})
                log.write(f"{line}\n".encode())
                raise


@contextmanager
def reported(doing: str) -> Iterator[None]:
    """AWS's errors in Terraform's words."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise TerraformError(f"Terraform: {doing}: {error}") from error
