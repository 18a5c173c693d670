"""Whatever is damaged in the project bucket, a command does its work or ends with a clear line."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands import (
    deploy,
    destroy,
    drift,
    history,
    plan,
    revert,
    rollback,
    status,
    unlock,
    unpin,
)
from resumectl.errors import Locked, ResumectlError
from resumectl.release.ledger import Unreadable
from tests.functional.world import Agreed, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resumectl.steps.context import Context

LOCK, PIN, NEWEST = "locks/prod.json", "pins/prod.json", "releases/prod/000003.json"
OBJECTS = {
    "the lock": LOCK,
    "the pin": PIN,
    "the newest record": NEWEST,
    "an old record": "releases/prod/000001.json",
    "the state": "terraform/prod.tfstate",
    "a function": "artifacts/prod/function/",
    "a configuration": "artifacts/prod/infra/",
}


def renamed(body: bytes) -> bytes:
    """As a newer resumectl could write it."""
    try:
        document = json.loads(body)
    except ValueError:
        return b"PK but not as we know it"
    return json.dumps({**document, "schema": "x/v2", "version": 9, "more": [{}]}).encode()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "half": lambda body: body[: len(body) // 2],
    "empty": lambda body: b"",
    "another form": lambda body: b'[{"x": 1}]',
    "newer": renamed,
}
COMMANDS: dict[str, Callable[[Context], Any]] = {
    "deploy": lambda ctx: deploy.deploy(ctx, deploy.Options(force=True), Agreed()),
    "plan": lambda ctx: plan.plan(ctx, (), exit_code=False),
    "drift": drift.drift,
    "fix": lambda ctx: revert.revert(ctx, Agreed(), force=True),
    "rollback": lambda ctx: rollback.rollback(ctx, rollback.Options(release=1), Agreed()),
    "history": lambda ctx: history.history(ctx, 10),
    "status": status.status,
    "unlock": lambda ctx: unlock.unlock(ctx, lambda question: None, force=True),
    "unpin": unpin.unpin,
    "destroy": lambda ctx: destroy.destroy(ctx, Agreed()),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two deploys and a rollback, and the lock of a command elsewhere."""
    world = World(tmp_path_factory.mktemp("unreadable") / "project")
    world.deploy()
    world.write("second", memory=256)
    world.deploy()
    world.rollback()
    elsewhere = world.machine.container("pid:[1]", host="desk")
    with world.working(machine=elsewhere) as ctx, ctx.locked("deploy"):
        lock = world.bucket.current(LOCK).body
    world.client("s3").put_object(Bucket=world.bucket.name, Key=LOCK, Body=lock)
    return world


@pytest.fixture
def world(prepared: World, tmp_path: Path) -> World:
    return prepared.copy(tmp_path / "project")


def damage(world: World, prefix: str, how: str) -> None:
    """Damage every object below a prefix, and release the lock unless it is what is damaged."""
    s3 = world.client("s3")
    for key in world.stored(prefix):
        body = DAMAGE[how](world.bucket.current(key).body)
        s3.put_object(Bucket=world.bucket.name, Key=key, Body=body)
    if prefix != LOCK:
        s3.delete_object(Bucket=world.bucket.name, Key=LOCK)


CASES = [
    (thing, how, command)
    for (thing, command), how in zip(
        itertools.product(OBJECTS, COMMANDS), itertools.cycle([*DAMAGE, "half"])
    )
]
"""Each command on each object; the damages take turns."""


@pytest.mark.parametrize(("thing", "how", "command"), CASES)
def test_a_damaged_object_is_no_bug(world: World, thing: str, how: str, command: str) -> None:
    damage(world, OBJECTS[thing], how)
    error: ResumectlError | None = None
    with world.working() as ctx:
        try:
            COMMANDS[command](ctx)
        except ResumectlError as raised:
            error = raised
    assert error is None or (error.message and error.hint)


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_lock_is_held_and_unlock_releases_it(world: World, how: str) -> None:
    damage(world, LOCK, how)
    with pytest.raises(Locked):
        world.deploy()
    with world.working() as ctx:
        unlock.unlock(ctx, lambda question: None, force=True)
    assert world.stored(LOCK) == []


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_pin_still_pins_and_unpin_removes_it(world: World, how: str) -> None:
    damage(world, PIN, how)
    with pytest.raises(ResumectlError, match="is pinned"):
        world.deploy()
    with world.working() as ctx:
        unpin.unpin(ctx)
    assert world.stored(PIN) == []
    assert world.deploy().error is None


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_newest_record_stops_what_depends_on_it(world: World, how: str) -> None:
    damage(world, NEWEST, how)
    with pytest.raises(Unreadable, match=f"release #3 .*{NEWEST}"):
        world.deploy(force=True)
    with world.working() as ctx:
        listed = history.history(ctx, 10).body["releases"]
    assert [(row["id"], row["live"]) for row in listed] == [(2, False), (1, False)]
    assert any(note.startswith("Which release is live is unknown") for note in world.notes)


@pytest.mark.parametrize("how", DAMAGE)
def test_the_next_deploy_replaces_damaged_artifacts(world: World, how: str) -> None:
    """Those of what it deploys: the function and configuration of release 2."""
    whole = bodies(world)
    damage(world, "artifacts/prod/", how)
    assert world.deploy(force=True).error is None
    live = {key for key, body in bodies(world).items() if body == whole[key]}
    assert len(live) == 2
    assert {key.split("/")[2] for key in live} == {"function", "infra"}


def bodies(world: World) -> dict[str, bytes | None]:
    """The artifacts in the project bucket, by key."""
    return {key: world.bucket.current(key).body for key in world.stored("artifacts/prod/")}
