"""AWS denies or throttles any call of any command: that is said, and is never a bug of ours."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from resumectl.cli.command import Call, outcome_of
from tests.driver.commands import COMMANDS, Shown
from tests.fakes.faults import Fault, Faults
from tests.functional.test_kill import back, drifted
from tests.functional.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resumectl.errors import ResumectlError

VERBS = (
    *(
        "deploy --force",
        "plan",
        "drift",
        "drift --fix --force",
        "rollback 1",
        "unpin",
        "unlock --force",
    ),
    *("history", "smoke", "status", "destroy"),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    top = tmp_path_factory.mktemp("refused")
    return (top / str(number) for number in itertools.count())


@pytest.fixture(scope="module")
def prepared(folders: Iterator[Path]) -> World:
    """Two releases, and drift of every part."""
    world = World(next(folders))
    back(world)
    drifted(world)
    return world


def run(world: World, verb: str, faults: Faults) -> ResumectlError | None:
    """Run a command as the command line does."""
    worker = world.process(faults)
    call = Call(verb.split(maxsplit=1)[0], "prod", project=world.root)
    try:
        return outcome_of(call, lambda _: COMMANDS[verb](world.context(worker), Shown()), {}).error
    finally:
        worker.exit()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("code", "first"), [("AccessDenied", 1), ("ThrottlingException", 2)])
def test_a_refused_call_is_never_a_bug(
    prepared: World, folders: Iterator[Path], verb: str, code: str, first: int
) -> None:
    faults = Faults()
    run(prepared.copy(next(folders)), verb, faults)
    assert faults.count, "it asks nobody"
    for at in range(first, faults.count + 1, 2):
        world = prepared.copy(next(folders))
        fault = Fault("refuse", at, code=code, lasting=at % 4 < 2)
        error = run(world, verb, Faults([fault]))
        assert error is None or error.code != "bug", f"{at}: {error}"
