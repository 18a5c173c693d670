"""Projects to test with, each with an embedded cloud of its own that ends with the tests."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.deployed import deployed as first_deploy
from tests.e2e.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.deployed import Deployed
    from tests.e2e.project import Run

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script starts background jobs with SIGINT ignored; what the tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

ORDER = (
    *("rough", "drift", "deleted", "recovery", "faults", "beside", "rollback", "story", "modules"),
    *("visits", "fakes", "fence", "identity"),
)
"""The modules that take long, in the order in which they start; the short ones fill the end.

xdist gives each worker two modules at the start: of three workers, the first gets 1 and 4. `rough`
mostly waits while a distribution is deleted.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest modules first."""
    ranks = {f"test_{name}": rank for rank, name in enumerate(ORDER)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """A project that was deployed once for the whole run, whichever worker asked first."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return first_deploy(folder / "deployed")


@pytest.fixture(scope="module")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Project]]:
    """Makes fresh clones that were never deployed."""
    projects: list[Project] = []

    def make() -> Project:
        folder = tmp_path_factory.mktemp("e2e")
        projects.append(Project.copy(folder / "resume", folder / "home"))
        return projects[-1]

    yield make
    for project in projects:
        project.end()


@pytest.fixture(scope="module")
def copied(
    deployed: Deployed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Project, Run]]:
    """A copy of the deployed project, shared by the tests of a module, and its first deploy."""
    folder = tmp_path_factory.mktemp("e2e")
    project, first = deployed.copy(folder / "resume", folder / "home")
    yield project, first
    project.end()


@pytest.fixture(scope="module")
def project(copied: tuple[Project, Run]) -> Project:
    return copied[0]


@pytest.fixture(scope="module")
def first(copied: tuple[Project, Run]) -> Run:
    """The first deploy of `project`."""
    return copied[1]
