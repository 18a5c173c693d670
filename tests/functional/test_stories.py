"""What the driver found, each as the shortest story that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resumectl.commands import deploy, drift
from resumectl.errors import CloudError, Refused
from tests.fakes.faults import Fault, Faults
from tests.functional.world import Agreed, World, name

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.faults import Kind


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project that is not deployed."""
    return World(tmp_path / "project")


def test_a_setting_that_was_changed_by_hand_and_then_declared_is_no_drift(world: World) -> None:
    """Terraform had nothing to change, so its state kept the old value, and drift said so."""
    world.deploy()
    world.client("lambda").update_function_configuration(FunctionName=name(), MemorySize=256)
    (world.root / "terraform" / "counter.tf").write_text("memory_size = 256\n")
    assert world.deploy().error is None
    with world.working() as ctx:
        assert drift.drift(ctx).body["changes"] == []


def test_code_that_a_failed_deploy_did_not_publish_is_no_release_to_flee_from(world: World) -> None:
    """The rollback went to what was live already, and pinned the environment."""
    world.deploy()
    world.write("second", memory=128)
    with pytest.raises(CloudError):
        world.deploy(Faults([Fault("lose", call="update_function_code")]))
    with pytest.raises(Refused, match="no verified release before"):
        world.rollback()
    assert world.stored("pins/") == []


def test_only_infra_does_not_create_the_function_from_code_that_nobody_saw(world: World) -> None:
    options = deploy.Options(only=("infra",))
    with world.working() as ctx, pytest.raises(Refused, match="its code is not part") as refused:
        deploy.deploy(ctx, options, Agreed())
    assert refused.value.code == "no-code"
    assert world.stored("releases/") == []


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("kind", ["interrupt-before", "interrupt-after"])
def test_ctrl_c_while_a_release_is_recorded_waits_for_the_record(world: World, kind: Kind) -> None:
    """Otherwise what is live would be no release."""
    fault = Fault(kind, call="put_object", key="releases/prod/000001.json")
    with pytest.raises(KeyboardInterrupt):
        world.deploy(Faults([fault]))
    assert world.stored("locks/") == []
    with world.working() as ctx:
        newest = ctx.releases.ledger.heads().newest
        assert newest is not None
        assert newest.status == "verified"
        assert drift.drift(ctx).body["changes"] == []
