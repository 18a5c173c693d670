"""Recovers from a crash: a state lock, a state that could not be saved, tainted resources.

What counts as ours is provable: an apply that this machine has on record and that has exited;
versions of the state object; an `errored.tfstate` of the same lineage, or before the first state
one that names this deployment. Everything else is left alone and named. Resources that the state
does not know are found later, when a plan would create them (`importing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resumectl import files
from resumectl.errors import Locked, Refused, TerraformError
from resumectl.infra import runs, statelock
from resumectl.infra import state as states

if TYPE_CHECKING:
    from resumectl.infra.identity import Deployment
    from resumectl.infra.runs import Unfinished
    from resumectl.infra.state import State
    from resumectl.infra.workspace import Workspace, Workspaces
    from resumectl.release.bucket import ProjectBucket

_KEPT: Final = {
    "aws_dynamodb_table": "it holds data",
    "aws_s3_bucket": "it holds data",
    "aws_cloudfront_distribution": "it holds the site's address",
}
"""Tainted resources to keep although their creation was interrupted, and why."""

# A second function of its name cannot be created before the first is deleted, and the distribution
# uses that. Untainted, it would stay unpublished; an import makes Terraform publish it.
_IMPORTED: Final = "aws_cloudfront_function"


@dataclass(frozen=True)
class Recovery:
    """Recovers the infrastructure of one environment.

    Attributes:
        host: this machine, as Terraform's lock names it.
        recorded: whether a release says that there was a state.
        workspace: opens Terraform with the worktree's configuration.
        deployment: what a state must be of.
        note: reports each thing that was recovered, in one line.
        patience: seconds to wait for a Terraform that still works.
    """

    bucket: ProjectBucket
    workspaces: Workspaces
    host: str
    recorded: Callable[[], bool]
    workspace: Callable[[], Workspace]
    deployment: Callable[[], Deployment]
    note: Callable[[str], None]
    patience: float = runs.PATIENCE

    def recover(self) -> None:
        """Recover everything. The deploy lock must be held.

        Raises:
            Locked: another Terraform holds the state.
            TerraformError: the state is lost or corrupt, and no earlier version of it can be read.
        """
        unfinished = self.wait()
        self._release_state_lock(unfinished)
        state = self._push_errored(self.readable_state())
        self._untaint(state)
        if unfinished and state is not None:
            self._refresh()
        for run in unfinished:
            run.forget()

    def wait(self) -> list[Unfinished]:
        """The unfinished applies, after their Terraform has exited.

        Raises:
            Locked: one of them does not exit.
        """
        unfinished = runs.unfinished(self.workspaces.work)
        for run in (run for run in unfinished if run.alive):
            self.note(f"Waiting for Terraform of an interrupted run ({run.describe()}).")
            if not run.wait(self.patience):
                hint = f"Its log: {run.run / runs.LOG}. Wait longer, or stop it"
                raise Locked(
                    f"Terraform of an interrupted run still works ({run.describe()}).",
                    hint=f"{hint}: kill -INT {run.pid}" if run.pid else f"{hint}.",
                )
        return unfinished

    def readable_state(self) -> State | None:
        """The state, or None before the first deploy.

        One that is lost or corrupt is restored from its newest good version.

        Raises:
            TerraformError: no version of it can be read.
            Refused: it is the state of another deployment.
        """
        try:
            if state := states.read(self.bucket):
                self._require_ours(state)
                return state
            how = "lost"
        except TerraformError:
            how = "corrupt"
        version = states.newest_readable(self.bucket) if self.bucket.exists() else None
        if version is not None:
            self._require_ours(states.read(self.bucket, version))
            return self._restored(version, how)
        if how == "corrupt" or self.recorded():
            raise TerraformError(
                f"The Terraform state of {self.bucket.env} is {how}, and no version of it is good.",
                hint="docs/runbook.md, 'A broken state'. Nothing was changed.",
                code="terraform.state-missing",
            )
        return None

    def _restored(self, version: str, how: str) -> State:
        state = states.restore(self.bucket, version)
        version = f"its newest good version, serial {state.serial}"
        self.note(f"The Terraform state was {how}: restored {version}.")
        return state

    def _release_state_lock(self, unfinished: Sequence[Unfinished]) -> None:
        """Terraform's lock is ours if an apply that has exited since took it here."""
        lock = statelock.read(self.bucket)
        if lock is None:
            return
        ours = lock.who.endswith(f"@{self.host}")
        if not (ours and any(run.took(lock.created) for run in unfinished)):
            raise Locked(
                f"Terraform's state is locked by {lock.describe()}.",
                hint=f"If Terraform is not running: resumectl unlock --env {self.bucket.env}",
            )
        lock.release()
        self.note(f"Released Terraform's state lock of {lock.describe()}: that process has exited.")

    def _push_errored(self, state: State | None) -> State | None:
        """Terraform left a state that it could not upload in its folder; push it if it is newer."""
        for file in self.workspaces.errored():
            try:
                errored = states.parse(file.read_bytes(), self.bucket.env)
            except TerraformError:
                self._set_aside(file, "errored-corrupt.tfstate")
                continue
            if state is None or errored.serial > state.serial:
                state = self._pushed(file, errored, state)
            self._set_aside(file, f"errored-{errored.serial}-{errored.lineage[:8]}.tfstate")
        return state

    def _pushed(self, file: Path, errored: State, state: State | None) -> State | None:
        if not self._is_ours(errored, state):
            self.note(f"Not saved: {file.name} does not continue the state of {self.bucket.env}.")
            return state
        self.workspace().command("state", "push", "-lock=false", str(file))
        state = states.read(self.bucket) or errored  # Terraform stores another serial
        self.note(
            f"Saved the state that an interrupted run could not save (serial {state.serial})."
        )
        return state

    def _is_ours(self, errored: State, state: State | None) -> bool:
        """Whether a state that was not saved continues ours.

        Without a state, it must name this deployment: a folder can be copied, and an environment
        can be given another account or region.
        """
        if state is None:
            return errored.deployment == str(self.deployment())
        return errored.lineage == state.lineage and self._may_be_ours(errored)

    def _may_be_ours(self, state: State) -> bool:
        return state.deployment in ("", str(self.deployment()))

    def _require_ours(self, state: State | None) -> None:
        if state and not self._may_be_ours(state):
            raise Refused(
                f"The Terraform state of {self.bucket.env} in the project bucket is of another"
                f" deployment: {state.deployment}, not {self.deployment()}.",
                hint="Nothing was changed. docs/runbook.md, 'The state of another deployment'.",
                code="other-deployment",
            )

    def _refresh(self) -> None:
        """Bring the state up to date with AWS, as an apply that ends well does.

        An apply that was killed may have changed a resource and not saved that: no plan would do it
        again, so nothing else would ever write it down, and it would be reported as drift.
        """
        self.workspace().refresh()

    def _set_aside(self, file: Path, name: str) -> None:
        kept = self.workspaces.work / name
        files.replace(kept, file.read_bytes(), mode=0o600)  # a state can hold secrets
        file.unlink()
        self.note(f"Kept {file.name} as {kept}.")

    def _untaint(self, state: State | None) -> None:
        """Keep tainted resources that hold data or cannot be created a second time."""
        for resource in state.resources if state else ():
            if resource.tainted and resource.type == _IMPORTED:
                self.workspace().command("state", "rm", "-lock=false", resource.address)
                self.note(f"Importing {resource.address} again: its creation was interrupted.")
            if resource.tainted and resource.type in _KEPT:
                self.workspace().command("untaint", "-lock=false", resource.address)
                self.note(
                    f"Keeping {resource.address}, whose creation was interrupted:"
                    f" {_KEPT[resource.type]}."
                )
