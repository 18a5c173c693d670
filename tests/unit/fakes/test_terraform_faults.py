"""What the fake Terraform does when something fails, and its commands on a state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resumectl.errors import TerraformError
from resumectl.infra import runs, snapshot
from resumectl.infra.runner import Watch
from resumectl.infra.state import parse
from tests.fakes.faults import Fault, Killed
from tests.fakes.terraform.configuration import (
    ALIAS,
    BUCKET,
    FUNCTION,
    TABLE,
    USUAL,
)
from tests.unit.fakes.repository import (
    ACCOUNT,
    BACKEND,
    LOCK,
    NAME,
    PROJECT,
    REGION,
    STATE,
    apply,
    dying,
    keys,
    planned,
    state,
)

# --- faults


def test_what_exists_cannot_be_made(repository, s3):
    apply(repository.runner(), repository.variables)
    s3.delete_object(Bucket=PROJECT, Key=STATE)
    runner = repository.runner()
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(TerraformError, match=r"BucketAlreadyOwnedByYou.*and \d more"):
        runner.apply(Watch())
    assert LOCK not in keys(s3)


def test_import_blocks_take_over_what_exists(repository, s3):
    apply(repository.runner(), repository.variables)
    found = {row.address: row.attributes["id"] for row in state(s3).resources}
    found[ALIAS] = f"{NAME}/live"
    s3.delete_object(Bucket=PROJECT, Key=STATE)
    runner = repository.runner(directory=repository.importing(found))
    assert runner.plan(repository.variables, "apply", Watch())
    assert snapshot.imports(runner.show()).keys() == {*USUAL}
    runner.apply(Watch())
    assert {row.address for row in state(s3).resources} == {*USUAL}
    assert not repository.runner().plan(repository.variables, "apply", Watch())


def test_an_import_of_what_does_not_exist_is_refused(repository):
    runner = repository.runner(directory=repository.importing({TABLE: "none"}))
    with pytest.raises(TerraformError, match="Cannot import non-existent remote object"):
        runner.plan(repository.variables, "apply", Watch())


def test_a_kill_loses_what_was_not_saved_and_leaves_lock_and_record(repository, s3, machine, aws):
    runner = dying(repository, machine, aws, Fault("kill-after", call="create_alias"))
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(Killed):
        runner.apply(Watch())
    assert LOCK in keys(s3)
    assert ALIAS not in {row.address for row in state(s3).resources}
    assert [left.alive for left in runs.unfinished(repository.root / "work")] == [False]


def test_a_killed_process_makes_no_call_any_more(repository, s3, machine, aws):
    runner = dying(repository, machine, aws, Fault("kill-before", call="create_table"))
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(Killed):
        runner.apply(Watch())
    before = len(aws.journal)
    with pytest.raises(Killed):
        runner.plan(repository.variables, "apply", Watch())
    assert len(aws.journal) == before


def test_a_state_that_cannot_be_saved_stays_in_the_modules_folder(repository, s3, machine, aws):
    refusal = Fault("refuse", call="put_object", key=STATE, code="ExpiredToken", lasting=True)
    runner = dying(repository, machine, aws, refusal)
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(TerraformError, match=r"Failed to save state.*ExpiredToken"):
        runner.apply(Watch())
    errored = repository.root / "terraform" / "errored.tfstate"
    assert {row.address for row in parse(errored.read_bytes(), "prod").resources} == {*USUAL}
    assert STATE not in keys(s3)


def test_an_errored_state_can_be_pushed(repository, s3, machine, aws):
    refusal = Fault("refuse", call="put_object", key=STATE, lasting=True)
    runner = dying(repository, machine, aws, refusal)
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(TerraformError):
        runner.apply(Watch())
    errored = repository.root / "terraform" / "errored.tfstate"
    repository.runner().command("state", "push", "-lock=false", str(errored))
    assert not repository.runner().plan(repository.variables, "apply", Watch())


def test_a_refused_creation_stops_only_what_needs_it(repository, s3, machine, aws):
    runner = dying(repository, machine, aws, Fault("refuse", call="create_table"))
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(TerraformError, match=r"creating \(aws_dynamodb_table.counter\).*Internal"):
        runner.apply(Watch())
    made = {row.address for row in state(s3).resources}
    assert made == {*USUAL} - {TABLE, FUNCTION, ALIAS}


def test_a_resource_whose_tags_are_refused_is_tainted(repository, s3, machine, aws):
    runner = dying(repository, machine, aws, Fault("refuse", call="put_bucket_tagging"))
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(TerraformError):
        runner.apply(Watch())
    assert [row.address for row in state(s3).resources if row.tainted] == [BUCKET]
    assert planned(repository.runner(), repository.variables)[BUCKET] == ["delete", "create"]


def test_an_interrupt_taints_the_resource_in_flight(repository, s3):
    watch = Watch()
    runner = repository.runner()
    runner.plan(repository.variables, "apply", watch)

    def stop(event):
        if (event.progress, event.address) == ("started", TABLE):
            watch.abandon.set()

    with pytest.raises(TerraformError, match="interrupted"):
        runner.apply(Watch(stop, watch.abandon))
    assert [row.address for row in state(s3).resources if row.tainted] == [TABLE]
    assert LOCK not in keys(s3)


def test_ctrl_c_ends_the_apply_in_order(repository, s3):
    def press(event):
        if (event.progress, event.address) == ("started", TABLE):
            raise KeyboardInterrupt

    runner = repository.runner()
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(KeyboardInterrupt):
        runner.apply(Watch(press))
    assert [row.address for row in state(s3).resources if row.tainted] == [TABLE]
    assert LOCK not in keys(s3)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_at_a_call_ends_the_apply_in_order(repository, s3, machine, aws):
    """Terraform does not get it in the middle of a call: whoever runs it asks it to stop."""
    runner = dying(repository, machine, aws, Fault("interrupt-before", call="create_table"))
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(KeyboardInterrupt):
        runner.apply(Watch())
    assert [row.address for row in state(s3).resources if row.tainted] == [TABLE]
    assert LOCK not in keys(s3)


def test_a_terraform_that_dies_alone_leaves_lock_and_record_and_is_an_error(
    repository, s3, machine, aws
):
    fault = Fault("die", call="create_table", program="terraform")
    runner = dying(repository, machine, aws, fault)
    runner.plan(repository.variables, "apply", Watch())
    with pytest.raises(TerraformError, match="it said nothing"):
        runner.apply(Watch())
    assert TABLE not in [row.address for row in state(s3).resources]
    assert LOCK in keys(s3)
    with pytest.raises(TerraformError, match="state lock"):
        runner.command("untaint", TABLE)


def test_a_tainted_resource_can_be_kept(repository, s3, machine, aws):
    test_a_resource_whose_tags_are_refused_is_tainted(repository, s3, machine, aws)
    repository.runner().command("untaint", "-lock=false", BUCKET)
    assert planned(repository.runner(), repository.variables)[BUCKET] == ["update"]


# --- commands, init


def test_an_older_state_or_another_one_is_not_pushed(repository, s3, tmp_path):
    runner = repository.runner()
    apply(runner, repository.variables)
    document = json.loads(runner.command("state", "pull"))
    for change in ({"serial": 0}, {"lineage": "another"}):
        file = tmp_path / "pushed.tfstate"
        file.write_text(json.dumps({**document, **change}))
        with pytest.raises(TerraformError, match="cannot import state with"):
            runner.command("state", "push", str(file))
    assert LOCK not in keys(s3)


def test_a_resource_can_be_removed_from_the_state_and_imported(repository, s3):
    runner = repository.runner()
    apply(runner, repository.variables)
    runner.command("state", "rm", TABLE)
    assert TABLE not in runner.command("state", "list")
    runner.command("import", TABLE, NAME)
    assert TABLE in runner.command("state", "list")
    with pytest.raises(TerraformError, match="already managed"):
        runner.command("import", TABLE, NAME)


def test_init_adds_the_checksum_of_its_platform_to_the_lock_file(repository, machine, aws):
    versions = repository.root / "terraform" / ".terraform.lock.hcl"
    repository.runner()
    assert versions.read_text().count("h1:") == 1
    mac = machine.__class__(host="mac", clock=aws.clock, platform="darwin_arm64")
    repository.runner(mac.start(aws, ACCOUNT, REGION))
    assert versions.read_text().count("h1:") == 2


def test_init_refuses_a_backend_without_a_bucket(repository):
    other = {**BACKEND, "bucket": "none"}
    with pytest.raises(TerraformError, match="NoSuchBucket"):
        repository.runner().init(other)


def test_without_a_backend_the_state_is_a_file_of_the_module(repository):
    runner = repository.runner()
    runner.init({})
    apply(runner, repository.variables)
    assert (repository.root / "terraform" / "terraform.tfstate").exists()


def test_its_interface_is_that_of_the_real_runner(repository):
    from resumectl.infra.runner import Runner
    from tests.fakes.terraform.runner import FakeRunner

    def public(of: Any) -> set[str]:
        return {name for name in vars(of) if not name.startswith("_")}

    assert public(Runner) <= public(FakeRunner)


def pushed(repository, **changes):
    """Push the stored state with changes; what is stored then."""
    runner = repository.runner()
    document = json.loads(runner.command("state", "pull"))
    file = repository.root / "pushed.tfstate"
    file.write_text(json.dumps({**document, **changes}))
    runner.command("state", "push", "-lock=false", str(file))
    return json.loads(runner.command("state", "pull"))


def test_a_pushed_state_is_stored_under_the_serial_after_its_own(repository):
    apply(repository.runner(), repository.variables)
    assert pushed(repository, serial=50)["serial"] == 51


def test_another_state_with_the_same_serial_is_not_pushed(repository):
    apply(repository.runner(), repository.variables)
    with pytest.raises(TerraformError, match="cannot overwrite existing state with serial"):
        pushed(repository, resources=[])


def test_a_state_that_is_pushed_where_there_is_none_starts_a_new_lineage(repository, s3):
    runner = repository.runner()
    apply(runner, repository.variables)
    before = json.loads(runner.command("state", "pull"))
    file = repository.root / "pushed.tfstate"
    file.write_text(json.dumps(before))
    s3.delete_object(Bucket=PROJECT, Key=STATE)
    runner.command("state", "push", "-lock=false", str(file))
    after = json.loads(runner.command("state", "pull"))
    assert (after["serial"], after["lineage"] == before["lineage"]) == (1, False)
    assert after["resources"] == before["resources"]
