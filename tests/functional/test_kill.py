"""A process that is killed at any of its calls, and the same command again: both together end as one that was not.

Nothing is lost, and nothing is left over: no version that nobody uses, no lock, no page without
what it needs, no edge that still has an old page, no record that says other than what is live.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands import drift
from resumectl.commands import smoke as front_door
from resumectl.errors import ResumectlError
from resumectl.release.pin import Pins
from resumectl.steps.compare import survey
from tests.functional.doomed import World
from tests.functional.fuse import Fault, Fuse, Killed
from tests.functional.remembered import PROJECT
from tests.functional.terraforming import STATE_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Process = Callable[[World, str, Fuse], ResumectlError | None]


@pytest.fixture(scope="module")
def ended() -> int:
    """The number of a process that is no more."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.fixture
def worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], World]:
    """Makes one world after the other."""
    monkeypatch.setattr(
        "resumectl.steps.worktree.check_handler", lambda *_: None
    )  # it starts a Python
    monkeypatch.setattr("resumectl.release.actor.revision", lambda _: {})
    monkeypatch.setattr("resumectl.steps.unmanaged.find", lambda *_: ())  # what others put there
    number = itertools.count()

    def make() -> World:
        world = World(tmp_path / str(next(number)))
        monkeypatch.setattr(front_door, "run", world.check)
        return world

    return make


def first(world: World) -> None:
    """Before a first deploy: nothing."""


def second(world: World) -> None:
    """Before a second deploy: the first one, and changes of every part."""
    world.deploy()
    world.write("second", memory=256)


def back(world: World) -> None:
    """Before a rollback: two deploys."""
    second(world)
    world.deploy()


@pytest.fixture
def process(ended: int, monkeypatch: pytest.MonkeyPatch) -> Process:
    """Runs a command in a process that is killed, or has other trouble, at some call; gives how it failed."""

    def run(world: World, command: str, fuse: Fuse) -> ResumectlError | None:
        with monkeypatch.context() as dead:
            dead.setattr(os, "getpid", lambda: ended)
            try:
                return getattr(world, command)(fuse).error  # type: ignore[no-any-return]
            except ResumectlError as error:
                return error
            except Killed:
                return None

    return run


@pytest.mark.parametrize(
    ("before", "command"), [(first, "deploy"), (second, "deploy"), (back, "rollback")]
)
def test_killed_at_any_call_the_same_command_again_ends_in_the_same_place(
    worlds: Callable[[], World],
    process: Process,
    before: Callable[[World], None],
    command: str,
) -> None:
    wanted = undisturbed(worlds(), before, command)
    for call in itertools.count(1):
        world = worlds()
        before(world)
        old = world.account.objects()
        fuse = Fuse(at=call)
        process(world, command, fuse)
        if not fuse.burnt:
            break
        assert world.half_pages() == [], f"killed at call {call}"
        if not ended_well(world, wanted):
            assert getattr(world, command)().error is None
        assert seen(world) == wanted, f"killed at call {call}"
        assert stale(world, old) == [], f"killed at call {call}"
        settled(world, command)
    assert call > 60  # it was killed at so many places


def test_killed_again_and_again(worlds: Callable[[], World], process: Process) -> None:
    """Each attempt comes a little further than the one before, until one gets through."""
    wanted = undisturbed(worlds(), second, "deploy")
    world = worlds()
    second(world)
    for attempt in itertools.count(1):
        fuse = Fuse(at=3 * attempt)
        process(world, "deploy", fuse)
        if not fuse.burnt:
            break
    assert attempt > 10
    assert seen(world) == wanted
    settled(world, "deploy")


@pytest.mark.parametrize(
    ("before", "command"), [(first, "deploy"), (second, "deploy"), (back, "rollback")]
)
@pytest.mark.parametrize(("code", "lasting"), [("InternalError", False), ("ExpiredToken", True)])
def test_refused_at_any_call_it_says_so_and_the_same_command_again_ends_in_the_same_place(
    worlds: Callable[[], World],
    process: Process,
    before: Callable[[World], None],
    command: str,
    code: str,
    lasting: bool,
) -> None:
    wanted = undisturbed(worlds(), before, command)
    for call in itertools.count(
        1, 2 if lasting else 1
    ):  # an expired token is refused before anything is done
        world, fault = worlds(), Fault(call, code, lasting=lasting)
        before(world)
        error = process(world, command, fault)
        said = error.code if error else code
        assert code in said or said in ("credentials", "terraform"), (
            f"refused at call {call}: {error}"
        )
        if not fault.met:
            break
        if not ended_well(world, wanted):
            assert getattr(world, command)().error is None
        assert unnumbered(seen(world)) == unnumbered(wanted), f"refused at call {call}"
        settled(world, command)


def unnumbered(found: dict[str, Any]) -> dict[str, Any]:
    """Without the attempts that failed and were recorded as failed."""
    return {**found, "releases": None}


def ended_well(world: World, wanted: dict[str, Any]) -> bool:
    """Whether it was killed after its last call, which gives the lock back: then the same command is another one."""
    ended = [
        release for release in world.context().ledger.newest_first() if release.status != "failed"
    ]
    return len(ended) == len(wanted["released"]) and not world.account.keys("locks/")


def undisturbed(world: World, before: Callable[[World], None], command: str) -> dict[str, Any]:
    before(world)
    assert getattr(world, command)().error is None
    settled(world, command)
    return seen(world)


def seen(world: World) -> dict[str, Any]:
    """All that makes two worlds the same."""
    account, ctx = world.account, world.context()
    functions, releases = account.functions, list(ctx.ledger.newest_first())
    released = [release for release in releases if release.status != "failed"]
    live = functions.versions[functions.alias["FunctionVersion"]]
    pin = Pins(account.s3, PROJECT, "prod").read()
    state = ctx.state()
    assert state
    return {
        "objects": account.objects(),
        "code": live["CodeSha256"],
        "memory": live["MemorySize"],
        "versions nobody needs": functions.versions.keys()
        - {release.function["version"] for release in released},
        "releases": len(releases),
        "released": [
            (release.rollback_of, release.function["sha256"], release.site.keys())
            for release in released
        ],
        "pin": pin and pin.release,
        "locks": [key for key in account.keys() if key.startswith("locks/") or key == STATE_LOCK],  # noqa: SIM118
        "resources": sorted(resource.address for resource in state.resources),
    }


def stale(world: World, old: dict[str, Any]) -> list[str]:
    """Keys that visitors had before and that are something else now, but that the edges were not told to forget."""
    account, new = world.account, world.account.objects()
    last = {key: position for position, key in enumerate(account.writes, 1)}

    def told(key: str) -> bool:
        since = [path for at, paths in account.edges.told if at >= last[key] for path in paths]
        return any(fnmatchcase(f"/{key}", path) for path in since)

    return [key for key in old if new.get(key) != old[key] and not told(key)]


def settled(world: World, command: str) -> None:
    """Nothing has drifted, and nothing is left to do but what was rolled back."""
    ctx = world.context()
    assert not drift.find(ctx).plan
    found = survey(ctx)
    assert not found.planned.changed
    assert command == "rollback" or not found.plan
