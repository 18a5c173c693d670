"""Projects for the tests to deploy, each with an embedded cloud of its own that ends with the tests."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.project import Project, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a script. What the tests start would ignore Ctrl-C, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONGEST_FIRST = ("drift", "rough", "story", "rollback", "recovery", "faults", "destroy", "browser")
"""The modules that take minutes, each one piece of work. Every worker is given two at the start: of three workers, the
first gets the first and the fourth. What is short comes last, and fills up the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest."""
    ranks = {f"test_{name}": rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


@pytest.fixture(scope="module")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Project]]:
    """Makes fresh clones."""
    made: list[Project] = []

    def make() -> Project:
        folder = tmp_path_factory.mktemp("e2e")
        made.append(Project.copy(folder / "resume", folder / "home"))
        return made[-1]

    yield make
    for project in made:
        project.end()


@pytest.fixture(scope="module")
def project(new_project: Callable[[], Project]) -> Project:
    """A fresh clone, shared by the tests of a module."""
    return new_project()


@pytest.fixture(scope="module")
def resumectl(project: Project) -> Callable[..., Run]:
    """The command line in that clone."""
    return project.resumectl


@pytest.fixture(scope="module")
def first(project: Project) -> Run:
    """Its first deploy."""
    done = project.resumectl("deploy", "--yes", "--json")
    assert done.code == 0, done
    return done
