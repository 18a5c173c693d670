"""What an interrupted run left behind is recovered before the next one, each with one line."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.backoff import Backoff
from resumectl.commands import rollback
from resumectl.errors import Exit, Locked, Refused, TerraformError
from resumectl.infra import runs
from resumectl.infra.state import read
from resumectl.steps import recover
from tests.functional.world import PROJECT, Agreed, World, site, state

if TYPE_CHECKING:
    from pathlib import Path

    from resumectl.infra.state import State

STATE, LOCK = state(), f"{state()}.tflock"
BUCKET, ALIAS = "aws_s3_bucket.site", "aws_lambda_alias.live"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project that is deployed."""
    made = World(tmp_path / "project")
    made.deploy()
    return made


def stored(world: World) -> dict[str, Any]:
    body = world.bucket.find(STATE).body
    document: dict[str, Any] = json.loads(body or b"")
    return document


def put(world: World, key: str, body: bytes) -> None:
    world.client("s3").put_object(Bucket=PROJECT, Key=key, Body=body)


def delete_state(world: World) -> None:
    world.client("s3").delete_object(Bucket=PROJECT, Key=STATE)


def recovered(world: World) -> None:
    with world.working() as ctx:
        recover.recover(ctx)


def work(world: World, env: str = "prod") -> Path:
    """The environment's folder."""
    return world.root / ".resumectl" / "env" / env


# --- the state


def test_nothing_is_said_when_there_is_nothing_to_recover(world: World) -> None:
    recovered(world)
    assert world.notes == []


def test_a_lost_state_is_restored(world: World) -> None:
    before = stored(world)
    delete_state(world)
    recovered(world)
    assert stored(world) == before
    version = f"its newest good version, serial {before['serial']}"
    assert world.notes == [f"The Terraform state was lost: restored {version}."]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"serial": 1}', b"\xff\xfe"])
def test_a_corrupt_state_is_restored(world: World, body: bytes) -> None:
    before = stored(world)
    put(world, STATE, body)
    put(world, STATE, body)
    recovered(world)
    assert stored(world) == before
    assert "The Terraform state was corrupt: restored" in world.notes[0]


@pytest.mark.parametrize("how", ["corrupt", "lost"])
def test_without_a_good_version_nothing_is_done(world: World, how: str) -> None:
    """Else everything would be created a second time."""
    world.bucket.forget(STATE)
    if how == "corrupt":
        put(world, STATE, b"{")
    with pytest.raises(TerraformError, match=f"is {how}, and no version of it is good") as caught:
        recovered(world)
    assert caught.value.code == "terraform.state-missing"
    assert "Nothing was changed" in (caught.value.hint or "")


def test_before_the_first_deploy_a_missing_state_is_no_error(tmp_path: Path) -> None:
    world = World(tmp_path / "project")
    with world.working() as ctx:
        ctx.releases.bucket.ensure(ctx.env.region)
        recover.recover(ctx)
        assert read(ctx.releases.bucket) is None
    assert world.notes == []


def test_a_state_is_restored_although_no_release_was_recorded(world: World) -> None:
    """Its versions prove that there was one."""
    for key in world.stored("releases/"):
        world.bucket.forget(key)
    delete_state(world)
    recovered(world)
    assert "restored" in world.notes[0]


def test_a_rollback_restores_the_state_and_starts_no_terraform(world: World) -> None:
    world.write("second", memory=128)
    world.deploy()
    delete_state(world)
    began = len(world.aws.journal)
    assert world.rollback().error is None
    assert "restored" in world.notes[0]
    assert [call for call in world.aws.journal[began:] if call.arguments.get("Key") == LOCK] == []


def test_the_plan_of_a_rollback_restores_no_state(world: World) -> None:
    put(world, STATE, b"{")
    options = rollback.Options(release=1, only_plan=True)
    with (
        world.working() as ctx,
        pytest.raises(TerraformError, match="is corrupt") as caught,
    ):
        rollback.rollback(ctx, options, Agreed())
    assert "resumectl deploy --env prod restores" in (caught.value.hint or "")


def test_a_rollback_needs_a_deployed_environment(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not deployed yet"):
        World(tmp_path / "project").rollback()


# --- a state that could not be saved


def unsaved(world: World, folder: Path, **changes: Any) -> Path:
    """An `errored.tfstate` as Terraform leaves it where it ran."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "errored.tfstate"
    file.write_text(json.dumps({**stored(world), **changes}))
    return file


def test_a_newer_state_is_pushed_and_kept(world: World) -> None:
    serial = stored(world)["serial"] + 2
    file = unsaved(world, work(world) / "module", serial=serial)
    recovered(world)
    assert not file.exists()
    (kept,) = work(world).glob("errored-*.tfstate")
    assert json.loads(kept.read_text())["serial"] == serial
    assert str(kept) in world.notes[1]


def test_the_serial_that_terraform_stored_is_the_one_that_is_reported(world: World) -> None:
    """`state push` stores the state under the serial after its own."""
    serial = stored(world)["serial"] + 2
    unsaved(world, work(world) / "module", serial=serial)
    recovered(world)
    assert stored(world)["serial"] == serial + 1
    saved = "Saved the state that an interrupted run could not save"
    assert world.notes[0] == f"{saved} (serial {serial + 1})."


@pytest.mark.parametrize("changes", [{"serial": 0}, {"serial": 99, "lineage": "another"}])
def test_a_state_that_is_older_or_of_another_lineage_is_only_kept(
    world: World, changes: dict[str, Any]
) -> None:
    before = stored(world)
    file = unsaved(world, work(world) / "module", **changes)
    recovered(world)
    assert stored(world) == before
    assert not file.exists()
    assert world.notes[-1].startswith("Kept errored.tfstate as ")
    assert ("Not saved: " in world.notes[0]) == (changes["serial"] == 99)


def test_a_state_of_another_environment_is_left_alone(world: World) -> None:
    world.deploy(env="stage")
    before = stored(world)
    file = unsaved(world, work(world, "stage") / "module", serial=99)
    recovered(world)
    assert stored(world) == before
    assert file.exists()
    assert world.notes == []


def test_a_state_in_the_users_folder_is_left_alone(world: World) -> None:
    before = stored(world)
    file = unsaved(world, world.root / "terraform", serial=99)
    recovered(world)
    assert stored(world) == before
    assert file.exists()
    assert world.notes == []


def test_a_truncated_state_does_not_stop_a_deploy(world: World) -> None:
    file = unsaved(world, work(world) / "module")
    file.write_bytes(file.read_bytes()[:50])
    recovered(world)
    assert not file.exists()
    assert world.deploy().error is None


def test_a_state_is_found_where_an_import_was_applied(world: World) -> None:
    unsaved(world, work(world) / "run" / "1" / "imports", serial=50)
    recovered(world)
    assert stored(world)["serial"] == 51


def test_a_deploy_records_the_state_that_was_pushed(world: World) -> None:
    """Else it would be reported as drift for ever."""
    unsaved(world, work(world) / "module", serial=50)
    world.deploy()
    release = world.context().releases.ledger.heads().released
    assert release
    serial = release.parts["infra"].as_json()["serial"]
    assert (release.id, serial) == (2, stored(world)["serial"])
    assert serial >= 51
    assert world.deploy().body["release"]["id"] == 2


# --- what is tainted


@pytest.mark.parametrize(("address", "keeps"), [(BUCKET, True), (ALIAS, False)])
def test_a_tainted_resource_is_kept_only_if_it_holds_data(
    world: World, address: str, keeps: bool
) -> None:
    document = stored(world)
    for block in document["resources"]:
        if f"{block['type']}.{block['name']}" == address:
            block["instances"][0]["status"] = "tainted"
    put(world, STATE, json.dumps(document).encode())
    recovered(world)
    tainted = [row for row in stored(world)["resources"] if "status" in row["instances"][0]]
    assert bool(tainted) is not keeps
    kept = f"Keeping {BUCKET}, whose creation was interrupted: it holds data."
    assert world.notes == ([kept] if keeps else [])


# --- Terraform's own lock


def apply_here(world: World) -> Path:
    """An apply on record, as a killed resumectl leaves it."""
    run = work(world) / "run" / "1"
    run.mkdir(parents=True, exist_ok=True)
    runs.begin(run)
    (run / runs.LOG).write_text("")
    return run


def locked_by(world: World, who: str) -> None:
    created = world.aws.clock.now().isoformat().replace("+00:00", "Z")
    lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": who, "Created": created}
    put(world, LOCK, json.dumps(lock).encode())


def test_the_lock_of_an_apply_that_ended_here_is_released(world: World) -> None:
    apply_here(world)
    locked_by(world, "alex@laptop")
    recovered(world)
    assert LOCK not in world.stored()
    assert world.notes[0].startswith("Released Terraform's state lock of Terraform: alex@laptop")
    assert runs.unfinished(work(world)) == []


@pytest.mark.parametrize(("recorded", "host"), [(False, "laptop"), (True, "elsewhere")])
def test_a_lock_without_an_apply_here_or_of_another_machine_is_kept(
    world: World, recorded: bool, host: str
) -> None:
    if recorded:
        apply_here(world)
    locked_by(world, f"alex@{host}")
    with pytest.raises(Locked, match=f"is locked by Terraform: alex@{host}") as caught:
        recovered(world)
    assert caught.value.exit_code == Exit.LOCKED
    assert (caught.value.hint or "").endswith("resumectl unlock --env prod")
    assert LOCK in world.stored()
    assert bool(runs.unfinished(work(world))) is recorded


def test_a_terraform_that_still_runs_is_waited_for(world: World) -> None:
    run = apply_here(world)
    with (run / runs.LOG).open("wb") as log:
        runs.claim(log)
        recovering = threading.Thread(target=recovered, args=[world])
        recovering.start()
        assert Backoff(60).until(lambda: bool(world.notes))
        assert recovering.is_alive()
    recovering.join(60)
    (note,) = world.notes
    assert note.startswith("Waiting for Terraform of an interrupted run (process ")
    assert runs.unfinished(work(world)) == []


def test_when_a_recovery_fails_the_record_of_the_apply_stays(world: World) -> None:
    """It proves that the lock was ours."""
    run = apply_here(world)
    locked_by(world, "alex@laptop")
    world.bucket.forget(STATE)
    put(world, STATE, b"{")
    with pytest.raises(TerraformError):
        recovered(world)
    assert [left.run for left in runs.unfinished(work(world))] == [run]


def test_what_an_interrupted_apply_changed_is_no_drift_afterwards(world: World) -> None:
    """It was killed after a change and before it saved the state."""
    apply_here(world)
    world.client("lambda").update_function_configuration(
        FunctionName="resume-prod-counter", MemorySize=256
    )
    recovered(world)
    assert function_of(world)["memory_size"] == 256


def function_of(world: World) -> dict[str, Any]:
    found: State | None = read(world.context().releases.bucket)
    assert found
    function = found.find("aws_lambda_function")
    assert function
    return dict(function.attributes)


# --- something of a planned name that is not ours


def test_a_deploy_stops_before_somebody_elses_bucket(world: World) -> None:
    document = stored(world)
    document["resources"] = [row for row in document["resources"] if row["type"] != "aws_s3_bucket"]
    put(world, STATE, json.dumps(document).encode())
    world.client("s3").delete_bucket_tagging(Bucket=site())
    before = world.objects()
    with pytest.raises(Refused, match=f"{site()} exists already, and is not ours") as caught:
        world.deploy()
    assert caught.value.code == "exists"
    assert world.objects() == before
