"""A request whose response is lost is sent again: what the first one created is in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resumectl.commands import drift
from resumectl.errors import TerraformError
from tests.fakes.faults import Fault, Faults
from tests.functional.world import World, name

if TYPE_CHECKING:
    from pathlib import Path

CREATIONS = (
    *("create_alias", "create_bucket", "create_function", "create_log_group"),
    *("create_role", "create_table"),
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "project")


def repeated(call: str) -> Faults:
    return Faults([Fault("repeat", call=call, program="terraform")])


@pytest.mark.parametrize("call", CREATIONS)
def test_a_first_deploy_goes_on_with_what_its_own_request_created(world: World, call: str) -> None:
    faults = repeated(call)
    assert world.deploy(faults).error is None
    assert faults.met
    with world.working() as ctx:
        newest = ctx.releases.ledger.heads().newest
        assert newest is not None
        assert (newest.id, newest.status) == (1, "verified")
        assert drift.drift(ctx).body["changes"] == []


def test_a_resource_of_somebody_else_stays_in_the_way(world: World) -> None:
    def meanwhile() -> None:
        world.client("iam").create_role(RoleName=name(), AssumeRolePolicyDocument="{}")

    before = Fault("delay", call="create_role", program="terraform", meanwhile=meanwhile)
    with pytest.raises(TerraformError, match="already exists"):
        world.deploy(Faults([before]))
    assert world.client("iam").get_role(RoleName=name())["Role"].get("Tags", []) == []
