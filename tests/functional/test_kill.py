"""A process that is killed at any of its calls, and the same command again: both together end as one that was not.

Nothing is lost, and nothing is left over: no version that nobody uses, no lock, no page without what it needs, no edge
that still has an old page, no record that says other than what is live.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from resumectl.operations import drift
from resumectl.operations import smoke as front_door
from resumectl.operations.survey import survey
from resumectl.release.pin import Pins
from tests.functional.doomed import PROJECT, REGION, STATE_LOCK, Fuse, Killed, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHARES = 4


@pytest.fixture(scope="module")
def s3() -> Any:
    plain = f"http://s3.{REGION}.amazonaws.com"  # over TLS moto would apply the policy that asks for TLS, and deny all
    return boto3.client("s3", REGION, endpoint_url=plain, aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture(scope="module")
def ended() -> int:
    """The number of a process that is no more."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.fixture
def worlds(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], World]]:
    """Makes one world after the other; a new one is the end of that before it."""
    monkeypatch.setattr("resumectl.operations.worktree.check_handler", lambda *_: None)  # it starts a Python
    monkeypatch.setattr("resumectl.release.actor.revision", lambda _: {})
    monkeypatch.setattr("resumectl.operations.unmanaged.find", lambda *_: ())  # what others put there
    number, mock = itertools.count(), mock_aws()
    mock.start()

    def make() -> World:
        mock.stop()
        mock.start()
        world = World(tmp_path / str(next(number)), s3)
        monkeypatch.setattr(front_door, "run", world.check)
        return world

    yield make
    mock.stop()


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


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize(("before", "command"), [(first, "deploy"), (second, "deploy"), (back, "rollback")])
def test_killed_at_any_call_the_same_command_again_ends_in_the_same_place(
    worlds: Callable[[], World],
    ended: int,
    monkeypatch: pytest.MonkeyPatch,
    share: int,
    before: Callable[[World], None],
    command: str,
) -> None:
    world = worlds()
    before(world)
    getattr(world, command)()
    wanted = seen(world)
    for call in itertools.count(share + 1, SHARES):
        world = worlds()
        before(world)
        old, fuse = {} if before is first else world.account.objects(), Fuse(at=call)
        with monkeypatch.context() as dead:
            dead.setattr(os, "getpid", lambda: ended)
            try:
                getattr(world, command)(fuse)
            except Killed:
                assert before is first or world.half_pages() == [], f"killed at call {call}"
        if not fuse.burnt:
            break
        outcome = getattr(world, command)()
        assert outcome.error is None
        assert seen(world) == wanted, f"killed at call {call}"
        assert stale(world, old) == [], f"killed at call {call}"
        settled(world)
    assert call > 20


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
        "versions": set(functions.versions),
        "released versions": {release.function["version"] for release in released},
        "releases": [(release.rollback_of, release.function, release.site.keys()) for release in released],
        "failed": len(releases) - len(released),
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


def settled(world: World) -> None:
    """Nothing is left to do, and nothing has drifted."""
    ctx = world.context()
    found = survey(ctx)
    assert not found.plan
    assert not found.planned.changed
    assert not drift.find(ctx).plan
