from __future__ import annotations

import json
import os
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from resumectl.errors import Exit, Locked, Refused, TerraformError
from resumectl.infra import runs, statelock
from resumectl.infra import state as states
from resumectl.infra.configuration import ERRORED
from resumectl.release.bucket import ProjectBucket
from tests.fakes.canned_terraform import BUCKET, ROLE, TABLE, Bench, state
from tests.fakes.leftovers import ACCOUNT, DEPLOYMENT, OURS

KEY = "terraform/prod.tfstate"
LOCK = f"{KEY}.tflock"


def serial(bench):
    return states.read(bench.bucket).serial


# --- the state


def test_where_nothing_is_broken_nothing_is_done(bench):
    bench.put_state(7, [BUCKET])
    bench.recovery.recover()
    assert bench.notes == []
    assert bench.terraform.calls == []
    assert serial(bench) == 7


def test_a_lost_state_is_restored(bench):
    bench.put_state(7)
    bench.bucket.delete(KEY)
    bench.recovery.recover()
    assert serial(bench) == 7
    assert bench.notes == [
        "The Terraform state was lost: restored its newest good version, serial 7."
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"serial": 1}', b"\xff\xfe"])
def test_a_corrupt_state_is_restored(bench, body):
    bench.put_state(6)
    bench.put_state(7)
    bench.bucket.write(KEY, body)
    bench.bucket.write(KEY, body)
    bench.recovery.recover()
    assert serial(bench) == 7
    assert bench.notes[0].startswith("The Terraform state was corrupt: restored its newest good")


@pytest.mark.parametrize("corrupt", [True, False])
def test_without_a_good_version_nothing_is_changed(bench, corrupt):
    """Otherwise everything would be created a second time."""
    bench.recorded = True
    if corrupt:
        bench.bucket.write(KEY, b"{")
    how = "corrupt" if corrupt else "lost"
    with pytest.raises(
        TerraformError, match=f"of prod is {how}, and no version of it is good"
    ) as e:
        bench.recovery.recover()
    assert e.value.code == "terraform.state-missing"
    assert "Nothing was changed" in e.value.hint
    assert bench.terraform.calls == []


def test_a_corrupt_state_that_no_release_recorded_stops_all_the_same(bench):
    bench.bucket.write(KEY, b"{")
    with pytest.raises(TerraformError, match="is corrupt"):
        bench.recovery.readable_state()


def test_before_the_first_deploy_there_is_no_state_to_restore(bench):
    assert bench.recovery.readable_state() is None
    assert bench.notes == []


def test_without_a_bucket_there_is_no_state_to_restore(tmp_path, no_bucket):
    assert Bench(tmp_path, no_bucket).recovery.readable_state() is None


# --- a state that could not be saved


def errored(bench, *arguments, folder=None, **options):
    file = (folder or bench.workspaces.copy) / ERRORED
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(state(*arguments, **options))
    return file


def test_a_newer_state_that_was_not_saved_is_pushed_and_kept(bench):
    bench.put_state(7)
    file = errored(bench, 9)
    bench.recovery.recover()
    assert bench.terraform.done() == [("module", "state", "push", "-lock=false", str(file))]
    assert not file.exists()
    kept = bench.work / "errored-9-lineage-.tfstate"
    assert json.loads(kept.read_text())["serial"] == 9
    assert kept.stat().st_mode & 0o077 == 0
    assert bench.notes == [
        "Saved the state that an interrupted run could not save (serial 10).",
        f"Kept errored.tfstate as {kept}.",
    ]


def test_the_file_is_kept_where_it_was_if_it_cannot_be_pushed(bench):
    file = errored(bench, 9, outputs={"deployment": str(DEPLOYMENT)})
    bench.terraform.fail_at = "state"
    with pytest.raises(TerraformError):
        bench.recovery.recover()
    assert file.exists()


@pytest.mark.parametrize(
    "options", [{"serial": 6}, {"serial": 7}, {"serial": 99, "lineage": "lineage-2"}]
)
def test_an_older_state_or_one_of_another_lineage_is_only_kept(bench, options):
    bench.put_state(7)
    file = errored(bench, **options)
    bench.recovery.recover()
    assert bench.terraform.calls == []
    assert not file.exists()
    assert bench.notes[-1].split(" as ")[0] == "Kept errored.tfstate"
    assert serial(bench) == 7


OTHERS = [
    {**OURS, "Deployment": "1f2e3d4c/staging/123456789012/eu-west-2"},
    {**OURS, "Deployment": "1f2e3d4c/prod/999999999999/eu-west-2"},
    {**OURS, "Deployment": "1f2e3d4c/prod/123456789012/us-east-1"},
    {},
]
"""A copied folder; an environment that got another account or region; a resource without tags."""


@pytest.mark.parametrize("tags", [OURS, *OTHERS])
def test_before_the_first_state_only_one_that_names_this_deployment_is_pushed(bench, tags):
    file = errored(bench, 9, {TABLE: {"tags_all": tags}, ROLE: {}}, outputs={})
    bench.recovery.recover()
    assert bool(bench.terraform.done("state")) == (tags == OURS)
    assert not file.exists()
    assert list(bench.work.glob("errored-9-*"))


@pytest.mark.parametrize("deployment", [str(DEPLOYMENT), OTHERS[0]["Deployment"]])
def test_a_state_of_our_lineage_that_names_another_deployment_is_not_pushed(bench, deployment):
    """Somebody started an environment with a copy of another one's state."""
    bench.put_state(7)
    errored(bench, 9, outputs={"deployment": deployment})
    bench.recovery.recover()
    assert bool(bench.terraform.done("state")) == (deployment == str(DEPLOYMENT))


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_state_of_another_deployment_stops_every_writing_command(bench, is_lost):
    """Terraform would take its resources for ours."""
    bench.put_state(7, outputs={"deployment": OTHERS[0]["Deployment"]})
    if is_lost:
        bench.bucket.delete(KEY)
    with pytest.raises(Refused, match="another deployment: 1f2e3d4c/staging"):
        bench.recovery.recover()
    assert bench.terraform.calls == []
    assert bool(bench.bucket.read(KEY)) != is_lost


def test_a_drifted_tag_does_not_make_the_state_another_ones(bench):
    bench.put_state(7, {TABLE: {"tags_all": OTHERS[0]}}, outputs={"deployment": str(DEPLOYMENT)})
    bench.recovery.recover()
    assert bench.notes == []


def test_a_state_that_was_cut_off_while_it_was_written_is_set_aside(bench):
    bench.put_state(7)
    file = errored(bench, 9)
    file.write_bytes(file.read_bytes()[:50])
    bench.recovery.recover()
    assert bench.terraform.calls == []
    assert not file.exists()
    assert (bench.work / "errored-corrupt.tfstate").exists()


def test_a_state_is_found_where_an_import_was_applied(bench):
    bench.put_state(7)
    file = errored(bench, 50, folder=bench.work / "run" / "1" / "imports")
    bench.recovery.recover()
    assert bench.terraform.done("state")[0][-1] == str(file)


def test_of_several_states_that_were_not_saved_the_newest_is_pushed_last(bench):
    bench.put_state(7)
    errored(bench, 12)
    errored(bench, 9, folder=bench.work / "run" / "1" / "imports")
    bench.recovery.recover()
    (pushed,) = bench.terraform.done("state")
    assert pushed[-1] == str(bench.workspaces.copy / ERRORED)


def test_a_state_of_another_environment_is_left_where_it_is(bench):
    staging = Bench(
        bench.root, ProjectBucket(bench.bucket.s3, bench.bucket.name, ACCOUNT, "staging")
    )
    bench.put_state(7)
    staging.put_state(3)
    file = errored(staging, 99)
    bench.recovery.recover()
    assert file.exists()
    assert bench.terraform.calls == staging.terraform.calls == []


# --- resources whose creation was interrupted


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (BUCKET, "it holds data"),
        (TABLE, "it holds data"),
        ("aws_cloudfront_distribution.site", "it holds the site's address"),
    ],
)
def test_a_tainted_resource_that_must_not_be_recreated_is_kept(bench, address, why):
    bench.put_state(7, [ROLE, address], tainted=[ROLE, address])
    bench.recovery.recover()
    assert bench.terraform.done() == [("module", "untaint", "-lock=false", address)]
    assert bench.notes == [f"Keeping {address}, whose creation was interrupted: {why}."]


def test_a_tainted_edge_function_leaves_the_state_to_be_imported_and_published(bench):
    address = "aws_cloudfront_function.index"
    bench.put_state(7, [ROLE, address], tainted=[ROLE, address])
    bench.recovery.recover()
    assert bench.terraform.done() == [("module", "state", "rm", "-lock=false", address)]
    assert bench.notes == [f"Importing {address} again: its creation was interrupted."]


def test_the_state_that_was_just_pushed_is_searched_for_tainted_resources(bench):
    bench.put_state(7, [TABLE])
    errored(bench, 9, [TABLE], tainted=[TABLE])
    bench.recovery.recover()
    assert [call[1] for call in bench.terraform.done()] == ["state", "untaint"]


# --- Terraform's own lock


def apply_on_record(bench):
    """As a killed resumectl leaves it."""
    run = bench.work / "run" / "1"
    run.mkdir(parents=True, exist_ok=True)
    runs.begin(run)
    (run / runs.LOG).write_text("")
    return run


def lock(bench, who):
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    info = {"ID": "1", "Operation": "OperationTypeApply", "Who": who, "Created": now}
    bench.bucket.write(LOCK, json.dumps(info).encode())


def test_the_lock_of_an_apply_that_exited_here_is_released(bench):
    apply_on_record(bench)
    lock(bench, "alex@laptop")
    bench.recovery.recover()
    assert statelock.read(bench.bucket) is None
    assert bench.notes[0].startswith("Released Terraform's state lock of Terraform: alex@laptop")
    assert runs.unfinished(bench.work) == []


@pytest.mark.parametrize(
    ("on_record", "who"),
    [(False, "alex@laptop"), (True, "alex@elsewhere"), (True, "alex@other-laptop")],
)
def test_any_other_lock_is_left_to_its_owner(bench, on_record, who):
    """No apply was interrupted here, or the lock was taken on another machine."""
    if on_record:
        apply_on_record(bench)
    lock(bench, who)
    with pytest.raises(Locked, match=f"locked by Terraform: {who}") as caught:
        bench.recovery.recover()
    assert caught.value.exit_code == Exit.LOCKED
    assert caught.value.hint.endswith("resumectl unlock --env prod")
    assert statelock.read(bench.bucket) is not None
    assert bool(runs.unfinished(bench.work)) is on_record


def test_an_apply_long_before_the_lock_did_not_take_it(bench):
    run = apply_on_record(bench)
    os.utime(run / runs.LOG, (1, 1))
    lock(bench, "alex@laptop")
    with pytest.raises(Locked):
        bench.recovery.recover()


def test_the_lock_of_a_terraform_that_still_runs_is_released_only_after_its_end(bench):
    run = apply_on_record(bench)
    lock(bench, "alex@laptop")
    log = (run / runs.LOG).open("wb")
    runs.claim(log)
    waiting = threading.Event()
    bench.progress.note = lambda line: (bench.notes.append(line), waiting.set())
    recovering = threading.Thread(target=bench.recovery.recover)
    recovering.start()
    assert waiting.wait(60)
    (note,) = bench.notes
    assert note.startswith("Waiting for Terraform of an interrupted run (process ")
    assert statelock.read(bench.bucket) is not None
    log.close()
    recovering.join(60)
    assert bench.notes[1].startswith("Released Terraform's state lock")
    assert runs.unfinished(bench.work) == []


def test_waiting_for_a_terraform_that_does_not_end_has_an_end(bench):
    run = apply_on_record(bench)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as terraform:
        runs.began(run, terraform.pid)
        with pytest.raises(Locked, match=f"still works .process {terraform.pid}, since ") as caught:
            replace(bench.recovery, patience=0.01).recover()
    assert caught.value.hint.endswith(f"stop it: kill -INT {terraform.pid}")
    assert str(run / runs.LOG) in caught.value.hint
    assert runs.unfinished(bench.work)


def test_the_proof_stays_until_everything_is_mended(bench):
    """Interrupted before the state is restored, the next run knows whose the lock was."""
    run = apply_on_record(bench)
    lock(bench, "alex@laptop")
    bench.bucket.write(KEY, b"{")
    with pytest.raises(TerraformError):
        bench.recovery.recover()
    assert [apply.run for apply in runs.unfinished(bench.work)] == [run]
