"""A command that is suspended for longer than its lease, while another machine wins."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands.deploy import Options, deploy
from resumectl.commands.unlock import unlock
from resumectl.errors import Exit, ResumectlError
from resumectl.release.lock import DEAD_AFTER
from tests.fakes.aws.world import READS
from tests.fakes.faults import Fault, Faults
from tests.functional.test_kill import STORIES
from tests.functional.world import Agreed, World, state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = "locks/prod.json"
EVERY = 7
TERRAFORMS = (state(), f"{state()}.tflock")
"""A Terraform that is stopped saves its state and releases its own lock."""
SITE_WRITES = ("put_object", "copy_object", "delete_objects")


@dataclass
class Sleeper:
    """A process that is suspended at one of its calls.

    Attributes:
        at: the number of that call.
        away: how long it is suspended, in seconds.
        meanwhile: what others do.
    """

    world: World
    at: int
    away: float
    meanwhile: Any
    already: int = 0
    applying: bool = False
    error: ResumectlError | None = None
    faults: Faults = field(default_factory=Faults)

    def run(self, command: str) -> None:
        """Run a command to its end."""
        self.faults = Faults([Fault("suspend", self.at, seconds=self.away, meanwhile=self._sleep)])
        try:
            getattr(self.world, command)(self.faults)
        except ResumectlError as error:
            self.error = error

    def _sleep(self) -> None:
        self.already = self.faults.count
        self.applying = any((self.world.root / ".resumectl").rglob("apply.json"))
        self.meanwhile()

    @property
    def writes_after(self) -> list[tuple[str, str]]:
        """The writes that it began after it woke up, except what is for the lock itself.

        A Terraform that is told to stop finishes the resource that it works on.
        """
        writes = [
            (call, key)
            for call, key in self.faults.begun[self.already :]
            if not call.startswith(READS) and key not in (LOCK, *TERRAFORMS)
        ]
        return writes[1:] if self.applying and len(writes) > 1 else writes


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in itertools.count())


def another_machine(world: World, folder: Path) -> World:
    """A colleague, with a clone of the project."""
    shutil.copytree(world.root, folder, ignore=shutil.ignore_patterns(".resumectl", ".terraform*"))
    other = World(folder, world.aws)
    other.machine = replace(world.machine.container("pid:[1]", host="desk"), skew=3600)
    return other


def take_over(world: World) -> None:
    """Release the lock, which shows no sign of life, and deploy something else."""
    with world.working() as ctx:
        unlock(ctx, lambda question: None, force=False)
    world.write("winner", memory=512)
    with world.working() as ctx:
        assert deploy(ctx, Options(force=True), Agreed()).error is None


def records(world: World) -> list[Any]:
    return list(world.context().releases.ledger.newest_first())


def is_whole(world: World) -> bool:
    """What the winner deployed is live, and recorded."""
    released = world.context().releases.ledger.heads().released
    page = world.objects()["index.html"][0]
    alias = world.function().at("live")["Version"]
    assert released
    recorded = released.parts["function"].as_json()["version"]
    return (b"winner" in page, recorded) == (True, alias)


def undisturbed(story: str, folders: Iterator[Path]) -> tuple[str, World, Faults]:
    """A story's command, the world before it, and the calls that it makes there."""
    prepare, command = STORIES[story]
    prepared = World(next(folders))
    prepare(prepared)
    faults = Faults()
    getattr(prepared.copy(next(folders)), command)(faults)
    return command, prepared, faults


@pytest.mark.parametrize("story", STORIES)
def test_a_suspended_command_that_lost_its_lock_begins_no_write(
    story: str, folders: Iterator[Path]
) -> None:
    command, prepared, faults = undisturbed(story, folders)
    locked = next(n for n, call in enumerate(faults.begun, 1) if call == ("put_object", LOCK))
    released = next(n for n, call in enumerate(faults.begun, 1) if call == ("delete_object", LOCK))
    for at in range(locked + 1, released, EVERY):
        world = prepared.copy(next(folders))
        other = another_machine(world, next(folders))
        sleeper = Sleeper(world, at, DEAD_AFTER + 30, lambda other=other: take_over(other))
        sleeper.run(command)
        where = f"{command} suspended at {at}: {faults.begun[at - 1]}"
        newest = records(other)[0]
        assert sleeper.faults.met, where
        if sleeper.error:
            assert (sleeper.error.exit_code, sleeper.error.code) == (Exit.LOCKED, "lock-lost"), (
                where
            )
        record = [("put_object", f"releases/prod/{newest.id:06d}.json")]
        assert sleeper.writes_after in ([], record), where
        if sleeper.writes_after:
            assert (newest.status, newest.lock_lost, newest.parts) == ("failed", True, {}), where
        assert world.stored("locks/") == [], where
        with other.working() as ctx:
            assert deploy(ctx, Options(force=True), Agreed()).error is None, where
        assert is_whole(other), where


def is_late(call: str, key: str) -> bool:
    """Whether it writes to the site what the winner's site has, too, or deletes from it."""
    return call in SITE_WRITES and (key.endswith(".html") or call == "delete_objects")


@pytest.mark.parametrize("story", STORIES)
def test_a_request_that_arrives_after_another_deploy_changes_none_of_its_objects(
    story: str, folders: Iterator[Path]
) -> None:
    """It had passed the fence when the process was suspended."""
    command, prepared, faults = undisturbed(story, folders)
    late = [n for n, begun in enumerate(faults.begun, 1) if is_late(*begun)]
    assert late
    for at in late:
        world = prepared.copy(next(folders))
        other, won = another_machine(world, next(folders)), {}

        def win(other: World = other, won: dict[str, Any] = won) -> None:
            take_over(other)
            won |= other.objects()

        sleeper = Sleeper(world, at, DEAD_AFTER + 30, win)
        sleeper.run(command)
        where = f"{command} suspended at {at}: {faults.begun[at - 1]}"
        assert won, where
        assert won.items() <= world.objects().items(), where
        assert sleeper.error, where
        assert sleeper.error.code == "lock-lost", where
