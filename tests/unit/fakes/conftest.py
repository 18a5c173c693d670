"""A fake account with a project bucket, and a fake Terraform that keeps its state there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.aws.world import Aws
from tests.fakes.machine import Machine, Process
from tests.unit.fakes.repository import ACCOUNT, PLACE, PROJECT, REGION, Repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.clock import Clock


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def machine(aws: Aws) -> Machine:
    return Machine(clock=aws.clock)


@pytest.fixture
def process(aws: Aws, machine: Machine) -> Process:
    return machine.start(aws, ACCOUNT, REGION)


@pytest.fixture
def s3(process: Process) -> Any:
    """S3 with the project bucket, which keeps versions."""
    client = process.client("s3")
    client.create_bucket(Bucket=PROJECT, **PLACE)
    client.put_bucket_versioning(Bucket=PROJECT, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def repository(tmp_path: Path, process: Process, s3: Any) -> Repository:
    return Repository(tmp_path / "repository", process)


@pytest.fixture
def clock(aws: Aws) -> Clock:
    return aws.clock
