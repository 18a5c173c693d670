"""Terraform that answers from a list of plans, and the infrastructure part around it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from resumectl.aws import Cloud
from resumectl.errors import TerraformError
from resumectl.infra.importing import Importer
from resumectl.infra.inventory import Account
from resumectl.infra.module import Module
from resumectl.infra.part import InfraPart
from resumectl.infra.recovery import Recovery
from resumectl.infra.runner import Watch
from resumectl.infra.workspace import Workspaces
from resumectl.progress import Silent, Steps
from resumectl.release.artifacts import Artifacts
from resumectl.settings import Environment
from tests.fakes.canned import Canned
from tests.fakes.leftovers import DEPLOYMENT, REGION
from tests.fakes.undeclared import DECLARED

if TYPE_CHECKING:
    from collections.abc import Callable

    from resumectl.release.bucket import ProjectBucket

TABLE, BUCKET, ROLE = "aws_dynamodb_table.counter", "aws_s3_bucket.site", "aws_iam_role.counter"
OUTPUTS = {
    "site_url": "https://cv.example.com",
    "counter_url": "https://cv.example.com/api/count",
    "site_bucket": "site",
    "distribution_id": "E1",
    "api_id": "a1",
    "function_name": "resume-prod-counter",
    "function_alias": "live",
}


# --- documents


def change(address, before, after, importing=None):
    """One resource of a plan document; without a difference it is only imported."""
    actions = ["update"] if before != after else ["no-op"]
    if before is None:
        actions = ["create"]
    elif after is None:
        actions = ["delete"]
    body = {"actions": actions, "before": before, "after": after}
    if importing:
        body["importing"] = {"id": importing}
    return {"address": address, "type": address.split(".")[0], "mode": "managed", "change": body}


def plan(*changes, drift=(), **outputs):
    """A plan as `terraform show -json` prints it. `outputs`: both sides by name."""
    return {
        "resource_changes": list(changes),
        "resource_drift": list(drift),
        "output_changes": {
            name: {"actions": ["update"], "before": before, "after": after}
            for name, (before, after) in outputs.items()
        },
    }


def state(serial, resources=(), *, outputs=OUTPUTS, lineage="lineage-1", tainted=()):
    """A state object. `resources`: attributes by address, or only addresses."""
    attributes = (
        resources if isinstance(resources, dict) else {address: {} for address in resources}
    )
    blocks = []
    for address, fields in attributes.items():
        type_, name = address.split(".")
        instance = {"attributes": fields}
        if address in tainted:
            instance["status"] = "tainted"
        blocks.append({"mode": "managed", "type": type_, "name": name, "instances": [instance]})
    document = {
        "serial": serial,
        "lineage": lineage,
        "outputs": {name: {"value": value} for name, value in outputs.items()},
        "resources": blocks,
    }
    return json.dumps(document).encode()


# --- Terraform


@dataclass
class CannedTerraform:
    """Terraform in any number of folders.

    Attributes:
        plans: what each plan shows, in order; None if there is nothing to do.
        on_apply: what an apply does to the world.
        on_command: what any other command does.
        fail_at: the command that fails.
        calls: every call, as (name of the folder, command, arguments...).
        variables: the variables of each plan.
        watch: whoever watches the apply that runs, or the last one.
    """

    plans: list = field(default_factory=list)
    on_apply: Callable[[], object] = lambda: None
    on_command: Callable[..., object] = lambda *_: None
    fail_at: str = ""
    calls: list = field(default_factory=list)
    variables: list = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)

    def __call__(self, directory, work):
        return _InFolder(self, directory, work)

    def done(self, *commands):
        """The calls of these commands, without `init` and `show` by default."""
        wanted = commands or ("plan", "apply", "untaint", "state")
        return [call for call in self.calls if call[1] in wanted]


@dataclass
class _InFolder:
    terraform: CannedTerraform
    directory: Path
    work: Path
    shown: dict | None = None

    def init(self, backend):
        self._call("init", backend)

    def plan(self, variables, mode, watch, targets=()):
        self.terraform.variables.append(variables)
        self._call("plan", mode, *targets)
        self.shown = self.terraform.plans.pop(0)
        return self.shown is not None

    def show(self):
        self._call("show")
        return self.shown or plan()

    def apply(self, watch):
        self._call("apply")
        self.terraform.watch = watch
        self.terraform.on_apply()

    def command(self, *arguments):
        self._call(*arguments)
        self.terraform.on_command(*arguments)
        return "output"

    def _call(self, command, *arguments):
        self.terraform.calls.append((self.directory.name, command, *arguments))
        if command == self.terraform.fail_at:
            raise TerraformError("It broke.")


# --- the part around it


class Notes(Silent):
    """Keeps what is noted."""

    def __init__(self):
        self.lines = []

    def note(self, line):
        self.lines.append(line)


@dataclass
class Bench:
    """The infrastructure part of one environment.

    Attributes:
        root: the project's folder.
        bucket: the project bucket, as the environment uses it.
        aws: answers what the part asks AWS.
        files: the worktree's module.
        zip_of: gives the zip of a release's function.
        recorded: whether a release says that there was a state.
    """

    root: Path
    bucket: ProjectBucket
    terraform: CannedTerraform = field(default_factory=CannedTerraform)
    aws: Canned = field(default_factory=lambda: Canned(dict(DECLARED)))
    files: dict = field(default_factory=lambda: {"site.tf": b"# site"})
    zip_of: Callable = lambda release: None
    recorded: bool = False
    host: str = "laptop"
    progress: Notes = field(default_factory=Notes)

    def __post_init__(self):
        self.terraform.on_command = self._on_command

    def _on_command(self, *arguments):
        """As Terraform's `state push`: it stores the file under a serial of its own."""
        if arguments[:2] == ("state", "push"):
            pushed = json.loads(Path(arguments[-1]).read_bytes())
            document = {**pushed, "serial": pushed["serial"] + 1}
            key = f"terraform/{self.bucket.env}.tfstate"
            self.bucket.write(key, json.dumps(document).encode())

    @property
    def notes(self):
        return self.progress.lines

    @property
    def work(self):
        return self.root / ".resumectl" / "env" / self.bucket.env

    @property
    def run(self):
        return self.work / "run" / "7"

    def module(self):
        function = {"package": "/here/function.zip", "handler": "counter.handler"}
        return Module(self.files, {"protected": True, "function": function})

    def put_state(self, *arguments, **options):
        self.bucket.write(f"terraform/{self.bucket.env}.tfstate", state(*arguments, **options))

    @cached_property
    def cloud(self):
        return Cloud(Environment(self.bucket.env, region=REGION))

    @cached_property
    def workspaces(self):
        source = self.root / "terraform"
        return Workspaces(self.cloud, self.bucket, source, self.work, self.run, self.terraform)

    @cached_property
    def importer(self):
        account = Account(self.aws.client, DEPLOYMENT)
        return Importer(self.workspaces, lambda: account, self.progress.note)

    @cached_property
    def recovery(self):
        return Recovery(
            self.bucket,
            self.workspaces,
            host=self.host,
            recorded=lambda: self.recorded,
            workspace=lambda: self.workspaces.open(self.module()),
            deployment=lambda: DEPLOYMENT,
            note=self.progress.note,
        )

    @cached_property
    def part(self):
        return InfraPart(
            self.bucket,
            self.workspaces,
            self.importer,
            self.recovery,
            Artifacts(self.bucket, "infra"),
            Steps(self.progress),
            module=self.module,
            package=self.zip_of,
            client=self.aws.client,
        )
