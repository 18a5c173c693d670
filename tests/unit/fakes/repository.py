"""A checkout with a module, and a fake Terraform that keeps its state in the fake account."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resumectl.infra.runner import Watch
from resumectl.infra.state import parse
from tests.fakes.faults import Faults
from tests.fakes.terraform.runner import FakeRunner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.fakes.machine import Process

ACCOUNT, REGION, PROJECT = "123456789012", "eu-west-2", "the-project-bucket"
BACKEND = {"bucket": PROJECT, "key": "terraform/prod.tfstate", "region": REGION}
STATE, LOCK = "terraform/prod.tfstate", "terraform/prod.tfstate.tflock"
NAME = "resume-prod-counter"
PLACE = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}


@dataclass
class Repository:
    """A checkout with a module, and how to run Terraform in it."""

    root: Path
    process: Process

    def __post_init__(self) -> None:
        for name in ("terraform", "work"):
            (self.root / name).mkdir(parents=True)
        (self.root / "function.zip").write_bytes(b"code")
        self.write("memory_size = 128\n")

    @property
    def variables(self) -> dict[str, Any]:
        package = str(self.root / "function.zip")
        return {"project": "resume", "environment": "prod", "function": {"package": package}}

    def importing(self, ids: Mapping[str, str]) -> Path:
        """A copy of the module with an import block for each address."""
        copy = self.root / "copy"
        shutil.copytree(self.root / "terraform", copy)
        blocks = [{"to": address, "id": id_} for address, id_ in ids.items()]
        (copy / "resumectl.imports.tf.json").write_text(json.dumps({"import": blocks}))
        return copy

    def write(self, text: str) -> None:
        (self.root / "terraform" / "counter.tf").write_text(text)

    def runner(
        self, process: Process | None = None, directory: Path | None = None, **options: Any
    ) -> FakeRunner:
        made = FakeRunner(
            process or self.process,
            directory or self.root / "terraform",
            self.root / "work",
            self.root / "work" / "run" / "1",
            **options,
        )
        made.init(BACKEND)
        return made


def apply(runner, variables, targets=()):
    assert runner.plan(variables, "apply", Watch(), targets)
    runner.apply(Watch())


def state(s3):
    return parse(s3.get_object(Bucket=PROJECT, Key=STATE)["Body"].read(), "prod")


def lock(s3):
    """Who holds the state, as Terraform says it."""
    return json.loads(s3.get_object(Bucket=PROJECT, Key=LOCK)["Body"].read())


def keys(s3):
    return [row["Key"] for row in s3.list_objects_v2(Bucket=PROJECT).get("Contents", ())]


def planned(runner, variables, mode="apply", targets=()):
    """What a plan would do, by address."""
    runner.plan(variables, mode, Watch(), targets)
    rows = runner.show()["resource_changes"]
    return {row["address"]: row["change"]["actions"] for row in rows}


def dying(repository, machine, aws, *faults):
    """A runner in a process with faults."""
    process = machine.start(aws, ACCOUNT, REGION, Faults(faults))
    return repository.runner(process)
