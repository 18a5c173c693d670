"""Where Terraform runs: a working copy of a root module in the environment's own folder.

Nothing that Terraform leaves behind in a folder (`errored.tfstate`, lock files) is shared between
environments, and the user's `terraform/` is only read.

Commands of one environment may run at the same time, `plan` beside `deploy`. Each needs a working
copy and a TF_DATA_DIR that no other changes: `terraform apply` reads files of the module again, and
refuses a plan if the lock file has changed. So a command claims a place for both. It is nearly
always the same one, where `terraform init` was done before; a command beside it gets the next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from resumectl import files
from resumectl.disclosure import scrubbed
from resumectl.errors import ResumectlError, TerraformError
from resumectl.filelock import claim
from resumectl.infra import configuration, kept, module, snapshot, zones
from resumectl.infra.runner import Watch

if TYPE_CHECKING:
    from resumectl.aws import Cloud
    from resumectl.fence import Fence
    from resumectl.filelock import Claim
    from resumectl.infra.module import Module
    from resumectl.infra.runner import Mode
    from resumectl.infra.stream import Event
    from resumectl.plan import Fields, Snapshot
    from resumectl.release.bucket import ProjectBucket

_LOCAL_BACKEND: Final = b'terraform {\n  backend "local" {}\n}\n'
COPY: Final = "module"
"""The folder of the worktree's module, in each place and beside those of each run."""
_BESIDE: Final = "beside"
_PLACES: Final = 100


class Terraform(Protocol):
    """What runs Terraform in one folder: `runner.Runner`, or a fake."""

    def init(self, backend: Mapping[str, str]) -> None:
        """Prepare the provider and the backend."""

    def plan(
        self, variables: Mapping[str, Any], mode: Mode, watch: Watch, targets: Sequence[str] = ()
    ) -> bool:
        """Make a plan and save it; returns whether there is anything to apply."""

    def show(self) -> dict[str, Any]:
        """The saved plan as JSON."""

    def apply(self, watch: Watch) -> None:
        """Apply the saved plan."""

    def command(self, *arguments: str) -> str:
        """Run any other command; returns its output."""


@dataclass(frozen=True)
class Planned:
    """A saved plan: whether there is anything to apply, and both sides of what would change.

    Attributes:
        imported: every attribute of the resources that would be imported, by address. Importing
            changes Terraform's state and nothing else, so it is on neither side.
        since: when a drifted resource was changed, by address, as far as AWS knows.
        outputs: both sides of the outputs, if nothing but outputs changes.
    """

    changed: bool
    live: Snapshot = field(default_factory=dict)
    wanted: Snapshot = field(default_factory=dict)
    imported: Mapping[str, Fields] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[Snapshot, Snapshot] = field(default_factory=lambda: ({}, {}))


class Workspace:
    """Terraform with one configuration.

    Args:
        terraform: runs it.
        backend: the values of the partial `s3` backend; without them, it can only plan.
        of: the module.
        complete: adds to the module's variables what only AWS knows.
        fence: stops Terraform once the deploy lock is lost.
    """

    def __init__(
        self,
        terraform: Terraform,
        backend: Mapping[str, str],
        of: Module,
        fence: Fence,
        complete: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        self._terraform = terraform
        self._backend = backend
        self._variables = of.variables
        self._fence = fence
        self._complete = complete
        self._secrets = kept.secrets(of)

    def plan(
        self, watch: Watch, mode: Mode = "apply", targets: Sequence[str] | None = None
    ) -> Planned:
        """Compare the configuration (or, for `refresh-only`, the state) with what AWS has.

        Args:
            watch: gets the events.
            mode: what the plan is for.
            targets: only these addresses and what they depend on; None means everything. For
                Terraform, no target means everything, so without any it is not asked.

        Raises:
            TerraformError: Terraform could not make a plan.
        """
        if targets is not None and not targets:
            return Planned(changed=False)
        with self._discreet():
            self._terraform.init(self._backend)
            variables = self._complete(self._variables)
            changed = self._terraform.plan(variables, mode, watch, targets or ())
        if mode == "refresh-only":  # its exit code also counts what only looks like a difference
            document = self._show()
            recorded, live = snapshot.drift(document)
            return Planned(changed, recorded, live, since=snapshot.modified(document))
        if not changed:
            return Planned(changed)
        document = self._show()
        live, wanted = snapshot.changes(document)
        outputs = ({}, {}) if live or wanted else snapshot.outputs(document)
        return Planned(changed, live, wanted, snapshot.imports(document), outputs=outputs)

    def apply(self, watch: Watch) -> None:
        """Apply the saved plan.

        Raises:
            Locked: the deploy lock is lost; a Terraform that was running has stopped in order.
            TerraformError: a resource could not be created, changed or deleted.
        """

        def on_event(event: Event) -> None:
            with suppress(ResumectlError):  # a lost lock stops Terraform through `abandon`
                self._fence.require()
            watch.on_event(event)

        self._require_backend()
        self._fence.require()
        try:
            with self._discreet():
                self._terraform.apply(Watch(on_event, self._fence.lost))
        except TerraformError:
            self._fence.require()
            raise

    def refresh(self) -> None:
        """Bring the state up to date with AWS, and change nothing else.

        Raises:
            TerraformError: AWS cannot be asked, or the state cannot be saved.
        """
        if self.plan(Watch(), "refresh-only").changed:
            self.apply(Watch())

    def command(self, *arguments: str) -> str:
        """Run any other Terraform command on the environment's state; returns its output.

        Raises:
            Locked: the deploy lock is lost.
            TerraformError: it failed.
        """
        self._require_backend()
        with self._discreet():
            self._terraform.init(self._backend)
            self._fence.require()
            return self._terraform.command(*arguments)

    def _show(self) -> dict[str, Any]:
        document = self._terraform.show()
        self._secrets |= snapshot.secrets(document)
        return document

    @contextmanager
    def _discreet(self) -> Iterator[None]:
        """Keep secrets out of errors: Terraform and AWS quote values."""
        try:
            yield
        except TerraformError as error:
            message = scrubbed(error.message, self._secrets)
            raise TerraformError(message, hint=error.hint, code=error.code) from None

    def _require_backend(self) -> None:
        """Nothing is ever applied into a state that would be thrown away."""
        if not self._backend:
            raise TerraformError(
                "There is no project bucket, so the Terraform state cannot be kept.",
                hint="Nothing was changed. Run the same command again.",
                code="terraform.no-backend",
            )


class Workspaces:
    """Opens workspaces of one environment, in one place for as long as this object lives.

    Args:
        cloud: the environment's account and region.
        bucket: where Terraform's state is.
        source: the project's `terraform/`.
        work: the environment's folder under `.resumectl/`.
        run: the folder of this process in it.
        terraform: returns what runs Terraform in a folder, given that and the folder of
            TF_DATA_DIR. It searches for the program, so it is only called when needed.
    """

    def __init__(  # noqa: PLR0913 - collaborators
        self,
        cloud: Cloud,
        bucket: ProjectBucket,
        source: Path,
        work: Path,
        run: Path,
        terraform: Callable[[Path, Path], Terraform],
    ) -> None:
        self.work = work
        self._run = run
        self._cloud = cloud
        self._bucket = bucket
        self._source = source
        self._terraform = terraform
        self._turn = threading.Lock()

    @property
    def copy(self) -> Path:
        """The working copy of the worktree's module."""
        return self._place / COPY

    def open(self, of: Module) -> Workspace:
        """Terraform with the worktree's configuration.

        Raises:
            TerraformError: there is no usable Terraform.
        """
        return self._open(of, None)

    def open_beside(self, of: Module, name: str) -> Workspace:
        """Terraform with another configuration, in a folder of this process."""
        return self._open(of, self._run / name)

    def errored(self) -> list[Path]:
        """The states that Terraform could not save, in every folder that it ran in."""
        patterns = (COPY, f"{_BESIDE}/*/{COPY}", "run/*/*")
        folders = [folder for pattern in patterns for folder in sorted(self.work.glob(pattern))]
        files = (folder / configuration.ERRORED for folder in folders)
        return [file for file in files if file.is_file()]

    def _open(self, of: Module, beside: Path | None) -> Workspace:
        work, files, backend = self._place, of.files, {}
        if self._bucket.exists():
            backend = module.backend(self._cloud, self._bucket.name)
        else:  # no state yet, and nowhere to keep one: all that makes sense is a plan
            work, files = work / "unborn", {**files, "backend_override.tf": _LOCAL_BACKEND}
        directory = beside or work / COPY
        configuration.lay_out(files, directory, self.copy / configuration.LOCK)
        configuration.link_plugins(self._source, directory)
        complete = partial(zones.complete, cloud=self._cloud)
        terraform = self._terraform(directory, work)
        return Workspace(terraform, backend, of, self._cloud.fence, complete)

    @property
    def _place(self) -> Path:
        with self._turn:
            return self._claim.folder

    @cached_property
    def _claim(self) -> Claim:
        """Terraform inherits it, and may outlive this process."""
        beside = self.work / _BESIDE
        try:
            others = (beside / str(number) for number in range(2, _PLACES))
            return claim(chain([self.work], others))
        except OSError as error:
            raise files.unwritable(self.work, error) from error
