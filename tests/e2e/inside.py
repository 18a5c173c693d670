"""A command in this process, on the embedded cloud of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resumectl import process, settings
from resumectl.cli.wiring import Wiring
from resumectl.progress import Silent, Steps

if TYPE_CHECKING:
    from resumectl.aws import Cloud
    from resumectl.steps.context import Context
    from tests.e2e.project import Project


def context(project: Project, cloud: Cloud) -> Context:
    """The environment of `cloud`, wired as the command line wires it."""
    machine = process.Machine(process.current(), environ=project.environ)
    return Wiring(settings.load(project.root), cloud, Steps(Silent()), machine).context
