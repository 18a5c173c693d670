"""What an interrupted run left behind is mended before the next one, each with a line that says so."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands import rollback
from resumectl.commands import smoke as front_door
from resumectl.errors import Exit, Locked, Refused, TerraformError
from resumectl.infra import runs
from resumectl.steps import recover
from tests.functional.doomed import World
from tests.functional.remembered import PROJECT, SITE
from tests.functional.terraforming import STATE, STATE_LOCK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project that is deployed."""
    monkeypatch.setattr("resumectl.steps.worktree.check_handler", lambda *_: None)
    monkeypatch.setattr("resumectl.release.actor.revision", lambda _: {})
    made = World(tmp_path / "project")
    monkeypatch.setattr(front_door, "run", made.check)
    made.deploy()
    return made


def state(world: World) -> dict[str, Any]:
    body = world.account.s3.get_object(Bucket=PROJECT, Key=STATE)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def put(world: World, key: str, body: bytes) -> None:
    world.account.s3.put_object(Bucket=PROJECT, Key=key, Body=body)


def mend(world: World) -> None:
    recover.recover(world.context())


# --- the state


def test_nothing_to_mend_is_nothing_to_say(world: World) -> None:
    mend(world)
    assert world.notes == []


def test_a_state_that_is_gone_is_brought_back(world: World) -> None:
    before = state(world)
    world.account.s3.delete_object(Bucket=PROJECT, Key=STATE)
    mend(world)
    assert state(world) == before
    assert world.notes == [
        f"The Terraform state was gone: brought back its newest good version, serial {before['serial']}."
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"serial": 1}', b"\xff\xfe"])
def test_a_broken_state_is_brought_back(world: World, body: bytes) -> None:
    before = state(world)
    put(world, STATE, body)
    put(world, STATE, body)
    mend(world)
    assert state(world) == before
    assert "The Terraform state was broken: brought back" in world.notes[0]


@pytest.mark.parametrize("broken", [True, False])
def test_without_a_good_version_nothing_is_done(world: World, broken: bool) -> None:
    """Else everything would be made a second time."""
    world.account.s3.forget(PROJECT, STATE)
    if broken:
        put(world, STATE, b"{")
    with pytest.raises(
        TerraformError, match=f"is {'broken' if broken else 'gone'}, and no version of it is good"
    ) as caught:
        mend(world)
    assert caught.value.code == "terraform.state-missing"
    assert "Nothing was changed" in caught.value.hint


def test_before_the_first_deploy_no_state_is_no_trouble(tmp_path: Path) -> None:
    fresh = World(tmp_path / "project")
    fresh.account.s3.create_bucket(Bucket=PROJECT)
    assert recover.readable_state(fresh.context()) is None
    assert fresh.notes == []


def test_a_first_deploy_that_was_never_recorded_had_a_state_too(world: World) -> None:
    """The versions know it, though no release does."""
    for key in world.account.keys("releases/"):
        world.account.s3.forget(PROJECT, key)
    world.account.s3.delete_object(Bucket=PROJECT, Key=STATE)
    mend(world)
    assert "brought back" in world.notes[0]


def test_a_rollback_needs_no_terraform_but_the_state(world: World) -> None:
    world.write("second", memory=128)
    world.deploy()
    world.account.s3.delete_object(Bucket=PROJECT, Key=STATE)
    assert world.rollback().error is None
    assert "brought back" in world.notes[0]


def test_what_a_rollback_would_do_is_not_told_without_a_state(world: World) -> None:
    put(world, STATE, b"{")
    options = rollback.Options(release=1, only_plan=True)
    with pytest.raises(TerraformError, match="is corrupt") as caught:
        rollback.rollback(world.context(), options, lambda plan: None)
    assert "resumectl deploy --env prod brings back" in caught.value.hint


def test_nothing_was_ever_deployed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not deployed yet"):
        World(tmp_path / "project").rollback()


# --- a state that could not be saved


def unsaved(world: World, **more: Any) -> Path:
    file = world.root / "terraform" / "errored.tfstate"
    file.write_text(json.dumps({**state(world), **more}))
    return file


def test_a_newer_state_is_pushed_and_kept(world: World) -> None:
    serial = state(world)["serial"] + 2
    file = unsaved(world, serial=serial)
    mend(world)
    assert state(world)["serial"] == serial
    assert not file.exists()
    (kept,) = world.context().work.glob("errored-*.tfstate")
    assert json.loads(kept.read_text())["serial"] == serial
    assert (
        world.notes[0]
        == f"Saved the state that an interrupted run could not save (serial {serial})."
    )
    assert str(kept) in world.notes[1]


@pytest.mark.parametrize("more", [{"serial": 0}, {"serial": 99, "lineage": "another"}])
def test_an_older_state_or_another_one_is_only_kept(world: World, more: dict[str, Any]) -> None:
    before = state(world)
    file = unsaved(world, **more)
    mend(world)
    assert state(world) == before
    assert not file.exists()
    assert len(world.notes) == 1
    assert world.notes[0].startswith("Kept errored.tfstate as ")


def test_a_state_that_was_cut_off_while_it_was_written_does_not_stop_a_deploy(world: World) -> None:
    file = unsaved(world)
    file.write_bytes(file.read_bytes()[:50])
    mend(world)
    assert not file.exists()
    assert world.deploy().error is None


def test_a_state_is_found_where_an_import_was_applied(world: World) -> None:
    folder = world.context().work / "run" / "1" / "imports"
    folder.mkdir(parents=True)
    unsaved(world, serial=50).rename(folder / "errored.tfstate")
    mend(world)
    assert state(world)["serial"] == 50


def test_a_deploy_records_the_state_that_was_mended(world: World) -> None:
    """Else it would be told as drift for ever."""
    unsaved(world, serial=50)
    assert world.deploy().body["release"]["infra"]["serial"] == 50
    assert world.deploy().body["release"]["id"] == 2


# --- what holds data


@pytest.mark.parametrize(("kind", "kept"), [("aws_s3_bucket", True), ("aws_lambda_alias", False)])
def test_what_holds_data_is_not_made_anew(world: World, kind: str, kept: bool) -> None:
    document = state(world)
    for block in document["resources"]:
        if block["type"] == kind:
            block["instances"][0]["status"] = "tainted"
    put(world, STATE, json.dumps(document).encode())
    mend(world)
    tainted = [block for block in state(world)["resources"] if "status" in block["instances"][0]]
    assert bool(tainted) is not kept
    said = (
        ["Keeping aws_s3_bucket.site, whose creation was interrupted: it holds data."]
        if kept
        else []
    )
    assert world.notes == said


# --- Terraform's own lock


def apply_here(world: World, log: str = "") -> Path:
    """An apply on record, as a killed resumectl leaves it."""
    run = world.context().work / "run" / "1"
    run.mkdir(parents=True, exist_ok=True)
    runs.begin(run)
    (run / runs.LOG).write_text(log)
    return run


def locked_by(world: World, who: str) -> None:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": who, "Created": now}
    put(world, STATE_LOCK, json.dumps(lock).encode())


def test_the_lock_of_an_apply_that_ended_here_is_released(world: World) -> None:
    apply_here(world)
    locked_by(world, f"alex@{socket.gethostname()}")
    mend(world)
    assert STATE_LOCK not in world.account.keys("terraform/")
    assert world.notes[0].startswith(
        f"Released Terraform's state lock of alex@{socket.gethostname()}"
    )
    assert runs.unfinished(world.context().work) == []


@pytest.mark.parametrize(("recorded", "host"), [(False, socket.gethostname()), (True, "elsewhere")])
def test_another_lock_is_left_to_its_owner(world: World, recorded: bool, host: str) -> None:
    """Nobody ran an apply here, or the lock was taken on another machine."""
    if recorded:
        apply_here(world)
    locked_by(world, f"alex@{host}")
    with pytest.raises(Locked, match=f"Terraform's state is locked by alex@{host}") as caught:
        mend(world)
    assert caught.value.exit_code == Exit.LOCKED
    assert caught.value.hint.endswith("resumectl unlock --env prod")
    assert STATE_LOCK in world.account.keys("terraform/")
    assert bool(runs.unfinished(world.context().work)) is recorded


def test_a_terraform_that_still_runs_is_waited_for(world: World) -> None:
    run = apply_here(world)
    with (run / runs.LOG).open("wb") as log:
        runs.claim(log)
        ending = threading.Timer(0.3, log.close)
        ending.start()
        mend(world)
    assert world.notes == ["Waiting for Terraform of an interrupted run."]
    assert runs.unfinished(world.context().work) == []


def test_interrupted_between_a_lock_and_its_release_the_proof_stays(world: World) -> None:
    """The record goes last."""
    run = apply_here(world)
    locked_by(world, f"alex@{socket.gethostname()}")
    put(world, STATE, b"{")
    world.account.s3.forget(PROJECT, STATE)
    with pytest.raises(TerraformError):
        mend(world)
    assert [left.run for left in runs.unfinished(world.context().work)] == [run]


# --- something of a planned name that is not ours


def test_a_deploy_stops_before_somebody_elses_bucket(world: World) -> None:
    document = state(world)
    document["resources"] = [
        block for block in document["resources"] if block["type"] != "aws_s3_bucket"
    ]
    put(world, STATE, json.dumps(document).encode())
    before = world.account.objects()
    with pytest.raises(Refused, match=f"{SITE} exists already, and is not ours") as caught:
        world.deploy()
    assert caught.value.code == "exists"
    assert world.account.objects() == before
