"""Whose it is: another project, another region, a lost bucket, the first minutes of a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resumectl import settings
from resumectl.commands import deploy, destroy, drift, history, unlock
from resumectl.errors import Refused, TerraformError
from resumectl.steps.look import look
from tests.fakes.aws.world import Aws
from tests.fakes.clock import Clock
from tests.functional.world import ACCOUNT, PROJECT, REGION, Agreed, World, name, state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from resumectl.steps.context import Context

ID = 'id = "1f2e3d4c"\n'
COMMANDS: dict[str, Callable[[Context], Any]] = {
    "look": look,
    "history": lambda ctx: history.history(ctx, 5),
    "drift": drift.drift,
    "destroy": lambda ctx: destroy.destroy(ctx, Agreed()),
    "unlock": lambda ctx: unlock.unlock(ctx, lambda _: None, force=True),
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "project")


def replaced(world: World, old: str, new: str) -> World:
    """Edit the settings."""
    file = world.root / settings.FILE
    file.write_text(file.read_text().replace(old, new))
    return world


def other_project(world: World, tmp_path: Path) -> World:
    """Another repository with the same name, in the same account and region."""
    return replaced(World(tmp_path / "other", world.aws), ID, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_another_project_of_the_same_name_is_refused(
    world: World, tmp_path: Path, command: str
) -> None:
    world.deploy()
    before = len(world.aws.journal)
    with (
        other_project(world, tmp_path).working() as ctx,
        pytest.raises(Refused, match="belongs to another project"),
    ):
        COMMANDS[command](ctx)
    assert world.aws.journal[before:] == []


@pytest.mark.parametrize("verb", ["deploy", "rollback", "fix"])
def test_another_project_writes_nothing(world: World, tmp_path: Path, verb: str) -> None:
    world.deploy()
    before = len(world.aws.journal)
    with pytest.raises(Refused, match="belongs to another project"):
        getattr(other_project(world, tmp_path), verb)()
    assert world.aws.journal[before:] == []


def test_another_checkout_of_the_project_goes_on(world: World, tmp_path: Path) -> None:
    world.deploy()
    other = World(tmp_path / "other", world.aws)
    other.write("second", memory=256)
    assert other.deploy().error is None
    assert set(other.objects()) >= {"assets/second.js"}


def test_the_first_deploy_of_a_project_without_an_origin_names_its_id(world: World) -> None:
    replaced(world, ID, "").deploy()
    (note,) = [line for line in world.notes if "[project]" in line]
    id_ = (world.root / ".resumectl" / "projects" / PROJECT).read_text().strip()
    assert note.startswith(f'Set id = "{id_}" under [project] in resumectl.toml')
    world.deploy()
    assert len([line for line in world.notes if "[project]" in line]) == 1


def test_a_changed_region_does_not_find_what_an_interrupted_deploy_made(world: World) -> None:
    """The role and the site's bucket have the same name in every region."""
    world.deploy()
    before = world.objects()
    replaced(world, f'region = "{REGION}"', 'region = "us-east-1"')
    process = world.machine.start(world.aws, ACCOUNT, "us-east-1")
    with pytest.raises(Refused, match=f"a deployment in {REGION}") as caught:
        deploy.deploy(world.context(process), deploy.Options(), Agreed())
    assert f'Set region = "{REGION}" again' in (caught.value.hint or "")
    assert world.objects() == before
    assert [line for line in world.notes if line.startswith("Importing")] == []


@pytest.fixture
def with_edge(world: World) -> World:
    """A project with a CloudFront function, which has no tags."""
    resources = {
        "site": ["aws_s3_bucket.site", "aws_s3_bucket_versioning.site", "aws_iam_role.counter"],
        "edge": ["aws_cloudfront_function.index", "aws_cloudfront_distribution.site"],
        "function": ["aws_lambda_function.counter", "aws_lambda_alias.live"],
        "rest": ["aws_apigatewayv2_api.counter", "aws_dynamodb_table.counter"],
        "logs": ["aws_cloudwatch_log_group.counter"],
    }
    for file, addresses in resources.items():
        blocks = [address.split(".") for address in addresses]
        text = "".join(f'resource "{kind}" "{name}" {{\n}}\n' for kind, name in blocks)
        (world.root / "terraform" / f"{file}.tf").write_text(text)
    (world.root / "terraform" / "counter.tf").unlink()
    return world


def edge(world: World) -> dict[str, Any]:
    """The CloudFront functions."""
    functions: dict[str, Any] = world.aws.service(ACCOUNT, REGION, "cloudfront").functions
    return functions


def test_a_cloudfront_function_of_a_stranger_is_neither_adopted_nor_deleted(
    with_edge: World,
) -> None:
    theirs = {"Comment": "Redirects", "Runtime": "cloudfront-js-2.0"}
    with_edge.client("cloudfront").create_function(
        Name="resume-prod-index", FunctionConfig=theirs, FunctionCode=b"theirs"
    )
    with pytest.raises(Refused, match="function resume-prod-index exists already, and is not"):
        with_edge.deploy()
    assert name() not in with_edge.aws.service(ACCOUNT, REGION, "lambda").functions
    with with_edge.working() as ctx:
        destroy.destroy(ctx, Agreed())
    assert [line for line in with_edge.notes if line.startswith("Left alone: The CloudFront")]
    assert edge(with_edge)["resume-prod-index"]["code"] == b"theirs"


def test_a_cloudfront_function_of_ours_is_found_again(with_edge: World) -> None:
    with_edge.deploy()
    stored = edge(with_edge)["resume-prod-index"]
    with_edge.bucket.forget(state())
    with_edge.bucket.forget("releases/prod/000001.json")
    assert with_edge.deploy().error is None
    assert edge(with_edge)["resume-prod-index"] is stored


def test_a_lost_project_bucket_is_made_again_with_what_is_there(world: World) -> None:
    world.deploy()
    function = world.function()
    del world.aws.buckets[PROJECT]
    with world.working() as ctx, pytest.raises(Refused, match="is gone") as caught:
        destroy.destroy(ctx, Agreed())
    assert "resumectl deploy --env prod" in (caught.value.hint or "")
    assert world.deploy().error is None
    assert world.function() is function
    with world.working() as ctx:
        destroy.destroy(ctx, Agreed())
    assert name() not in world.aws.service(ACCOUNT, REGION, "lambda").functions


def test_what_was_never_deployed_is_destroyed_without_an_error(world: World) -> None:
    with world.working() as ctx:
        assert destroy.destroy(ctx, Agreed()).body == {"changes": []}
    assert world.aws.journal == []


def test_destroy_completes_a_half_made_bucket(world: World) -> None:
    place = {"LocationConstraint": REGION}
    world.client("s3").create_bucket(Bucket=PROJECT, CreateBucketConfiguration=place)
    with world.working() as ctx:
        destroy.destroy(ctx, Agreed())
    assert world.bucket.versioning == "Enabled"


@pytest.mark.parametrize("seed", [0, 3, 7])
def test_while_s3_settles_a_deploy_ends_well_or_the_next_one_does(
    tmp_path: Path, seed: int
) -> None:
    """Terraform itself may miss the state lock that it wrote; resumectl never misses the state."""
    aws = Aws(clock=Clock.of_this_machine(), seed=seed, settling=3)
    world = World(tmp_path / "project", aws)
    errors = []
    for _ in range(3):
        try:
            assert world.deploy().error is None
        except TerraformError as error:
            errors.append(error.message)
    assert all("the state lock" in error for error in errors), errors
    assert len(errors) < 3
    assert state() in world.stored()
    assert [call.name for call in aws.journal].count("create_function") == 1
    assert not (world.root / ".resumectl" / "env" / "prod" / "unborn").exists()
