"""What somebody deleted by hand: what is said of it, and which command makes it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands import drift
from resumectl.errors import Refused, ResumectlError
from tests.fakes.faults import Fault, Faults
from tests.functional.test_lost_state import lose
from tests.functional.world import World, name, site

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "aws_dynamodb_table.counter"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two releases."""
    made = World(tmp_path / "project")
    made.deploy()
    made.write("second", memory=128)
    made.deploy()
    return made


def drifted(world: World) -> dict[str, Any]:
    with world.working() as ctx:
        return dict(drift.drift(ctx).body)


def delete_bucket(world: World) -> None:
    s3, bucket = world.client("s3"), site()
    for key, row, _ in list(world.aws.buckets[bucket].all_versions()):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=row.id)
    s3.delete_bucket(Bucket=bucket)


def delete_table(world: World) -> None:
    world.client("dynamodb").delete_table(TableName=name())


def delete_function(world: World) -> None:
    world.client("lambda").delete_function(FunctionName=name())


def whole(world: World) -> None:
    assert b"second" in world.objects()["index.html"][0]
    assert world.half_pages() == []
    assert drifted(world)["changes"] == []


# --- the site's bucket


@pytest.mark.parametrize("command", ["rollback", "fix"])
def test_without_its_bucket_the_site_is_deployed_and_not_restored(
    world: World, command: str
) -> None:
    delete_bucket(world)
    with pytest.raises(ResumectlError, match=f"bucket {site()} does not exist") as caught:
        getattr(world, command)()
    assert (caught.value.code, site() in world.aws.buckets) == ("bucket-gone", False)
    assert (caught.value.hint or "").startswith("Deploy instead of")
    assert world.stored("pins/") == []


def test_one_deploy_makes_a_deleted_bucket_again(world: World) -> None:
    delete_bucket(world)
    (line,) = drifted(world)["lost"]
    assert line.startswith("aws_s3_bucket.site was deleted")
    assert world.deploy().error is None
    whole(world)


# --- the function


def test_without_its_function_a_rollback_says_deploy(world: World) -> None:
    delete_function(world)
    with pytest.raises(Refused, match=f"function {name()} does not exist") as caught:
        world.rollback()
    assert (caught.value.code, world.stored("pins/")) == ("function-gone", [])
    assert "Deploy instead of rollback" in (caught.value.hint or "")


@pytest.mark.parametrize("command", ["deploy", "fix"])
def test_a_deleted_function_is_made_again(world: World, command: str) -> None:
    delete_function(world)
    assert getattr(world, command)().error is None
    whole(world)
    assert world.function().at("live")["Version"] == "1"


# --- the table


def test_a_deleted_table_is_told_as_a_loss(world: World) -> None:
    delete_table(world)
    document = drifted(world)
    assert [(each["key"], each["kind"]) for each in document["changes"]] == [(TABLE, "deleted")]
    (line,) = document["lost"]
    assert line.startswith(f"{TABLE} was deleted, with every count in it; an empty one needs")
    assert "AWS keeps a backup until" in line
    assert f"--target-table-name {name()} --backup-arn arn:aws:dynamodb:" in line


def test_an_empty_table_needs_force(world: World) -> None:
    delete_table(world)
    with pytest.raises(Refused, match="an empty one would be created") as caught:
        world.deploy()
    assert caught.value.code == "data-loss"
    with pytest.raises(Refused, match="restore-table-from-backup"):
        world.fix(force=False)
    assert world.client("dynamodb").list_tables()["TableNames"] == []
    assert world.deploy(force=True).error is None
    whole(world)


def test_an_empty_table_needs_force_even_if_the_state_has_forgotten_it(world: World) -> None:
    """A deploy that fails refreshes the state, and the next one recovers it."""
    delete_table(world)
    lose(world, TABLE)
    with pytest.raises(Refused, match="an empty one would be created"):
        world.deploy()
    with pytest.raises(Refused, match="an empty one would be created"):
        world.fix(force=False)
    assert drifted(world)["lost"][0].startswith(f"{TABLE} was deleted")
    assert world.deploy(force=True).error is None
    whole(world)


def test_a_first_table_of_a_new_environment_is_no_loss(world: World) -> None:
    assert world.deploy(env="stage").error is None
    delete_table(world)
    assert world.destroy().error is None
    assert world.deploy().error is None


def test_a_restored_table_is_kept(world: World) -> None:
    delete_table(world)
    arn = drifted(world)["lost"][0].rpartition(" ")[2]
    restore = world.client("dynamodb").restore_table_from_backup
    restore(TargetTableName=name(), BackupArn=arn)
    assert world.deploy().error is None
    assert world.client("dynamodb").list_tables()["TableNames"] == [name()]
    whole(world)


def test_who_may_not_look_for_backups_is_told_where_to_look(world: World) -> None:
    delete_table(world)
    denied = Fault("refuse", call="list_backups", code="AccessDeniedException", lasting=True)
    with world.working(Faults([denied])) as ctx:
        (line,) = drift.drift(ctx).body["lost"]
    assert "35 days: docs/runbook.md" in line


# --- one part alone


def test_a_site_alone_is_not_uploaded_into_a_deleted_bucket(world: World) -> None:
    delete_bucket(world)
    world.write("third", memory=128)
    with pytest.raises(ResumectlError, match=f"bucket {site()} does not exist") as caught:
        world.deploy(only=("site",))
    assert "leave out --only" in (caught.value.hint or "")
    assert len(world.stored("releases/")) == 2


def test_a_function_alone_is_not_published_without_its_function(world: World) -> None:
    delete_function(world)
    world.write("third", memory=128)
    with pytest.raises(ResumectlError, match=f"There is no function {name()}"):
        world.deploy(only=("function", "site"))
    assert b"second" in world.objects()["index.html"][0]
