from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError

from resumectl.errors import CloudError, Locked, Refused
from resumectl.release.bucket import ProjectBucket
from resumectl.release.project import Checkout, Project
from tests.fakes.context import ACCOUNT, PROJECT, World
from tests.fakes.faults import Fault


@pytest.fixture
def world():
    world = World()
    world.bucket.ensure("eu-west-2")
    return world


def test_the_lock_is_held_while_the_block_runs(world):
    with world.context().locked("deploy") as crashed:
        held = world.lock().read()
        assert (held.holder.command, held.holder.actor["name"]) == ("deploy", "ada")
        assert crashed is None
    assert world.lock().read() is None


def test_the_lock_is_released_after_a_failure(world):
    with pytest.raises(ZeroDivisionError), world.context().locked("deploy"):
        raise ZeroDivisionError
    assert world.stored() == {}


def test_a_lock_that_somebody_else_holds_is_refused(world):
    with (
        world.context(pid=1).locked("deploy"),
        pytest.raises(Locked, match="locked by ada on laptop"),
        world.context(pid=2).locked("rollback"),
    ):
        pytest.fail("two contexts had the lock")


def test_the_crashed_holder_is_given_to_the_next_one(world):
    world.crash("rollback", pid=1)
    with world.context(pid=2).locked("deploy") as holder:
        assert holder.command == "rollback"
    assert any("that process has exited" in note for note in world.progress.notes)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ({"code": "AccessDenied"}, "access-denied"),
        ({"error": EndpointConnectionError(endpoint_url="x")}, "unreachable"),
    ],
)
def test_a_lock_that_aws_denies_is_reported_as_a_cloud_error(world, reason, code):
    world.fail(Fault("refuse", call="put_object", **reason))
    with pytest.raises(CloudError) as caught, world.context().locked("deploy"):
        pytest.fail("the lock was not acquired")
    assert caught.value.code == code


# --- the claim


@pytest.fixture
def locked(world, tmp_path):
    """Runs a command of a checkout that holds the lock."""

    def locked(number=1, origin="", *, emulator=False):
        ctx = world.context(pid=number)
        project = Project(Checkout("resume", None, lambda: origin, tmp_path / str(number)), PROJECT)
        bucket = ProjectBucket(ctx.releases.bucket.s3, PROJECT, ACCOUNT, "prod", project)
        env = replace(ctx.env, emulator=emulator)
        with replace(ctx, env=env, releases=replace(ctx.releases, bucket=bucket)).locked("deploy"):
            return project

    return locked


def test_what_writes_claims_the_project_bucket(world, locked):
    locked()
    assert "project.json" in world.stored()


def test_another_project_gets_no_lock(world, locked):
    locked()
    with pytest.raises(Refused, match="another project"):
        locked(2)
    assert world.lock().read() is None


@pytest.mark.parametrize(
    ("given", "noted"),
    [({}, True), ({"origin": "github.com/ada/resume"}, False), ({"emulator": True}, False)],
)
def test_only_a_new_project_that_no_other_checkout_could_prove_is_noted(
    world, locked, given, noted
):
    project = locked(**given)
    locked(**given)
    notes = [line for line in world.progress.notes if project.id in line]
    assert len(notes) == noted
