"""No secret leaves in anything that a command shows or keeps: one canary, planted everywhere."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from resumectl import settings
from resumectl.commands import drift, plan, status
from resumectl.errors import Refused
from resumectl.report import console, github
from tests.functional.world import ACCOUNT, REGION, World, name, site, state
from tests.golden.screens import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from resumectl.steps.outcome import Outcome

CANARY = "sk_live_canary_4eC39HqLyjWDarjtT1"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A released environment."""
    world = World(tmp_path / "project")
    assert world.deploy().error is None
    return world


def tamper_with_the_environment(world: World) -> None:
    variables = {"TABLE_NAME": name(), "STRIPE_KEY": CANARY, "runtime": CANARY}
    world.client("lambda").update_function_configuration(
        FunctionName=name(), Environment={"Variables": variables}
    )


def tamper_with_a_tag(world: World) -> None:
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name()}"
    tags = [{"Key": "Token", "Value": CANARY}, {"Key": "Name", "Value": CANARY}]
    world.client("dynamodb").tag_resource(ResourceArn=arn, Tags=tags)


def tamper_with_an_object(world: World) -> None:
    world.client("s3").put_object(
        Bucket=site(), Key="index.html", Body=CANARY.encode(), Metadata={"token": CANARY}
    )


def tamper_with_the_bucket(world: World) -> None:
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": [f"https://{CANARY}.example"]}]
    world.client("s3").put_bucket_cors(Bucket=site(), CORSConfiguration={"CORSRules": rules})


TAMPERINGS = [
    tamper_with_the_environment,
    tamper_with_a_tag,
    tamper_with_an_object,
    tamper_with_the_bucket,
]


def shown(command: str, outcome: Outcome) -> str:
    """Everything that a person, a program or GitHub gets to see."""
    document = outcome.document(command, "prod")
    out = io.StringIO()
    if outcome.body:
        page = Console(file=out, width=1000, height=1000)
        console.show(command, document, verbose=True, out=page, now=NOW)
    pages = [json.dumps(document), out.getvalue(), github.summary(document)]
    return "\n".join([*pages, *github.annotate(document)])


def looked(world: World, command: str, run: Callable[..., Outcome]) -> str:
    with world.working() as ctx:
        return shown(command, run(ctx))


def kept(world: World) -> str:
    """Everything in the project bucket but Terraform's own state; zips are opened."""
    bodies = {key: world.bucket.current(key).body for key in world.stored()}
    return "\n".join(text for key, body in bodies.items() if key != state() for text in texts(body))


def texts(body: bytes) -> Iterator[str]:
    if not zipfile.is_zipfile(io.BytesIO(body)):
        yield repr(body)
        return
    with zipfile.ZipFile(io.BytesIO(body)) as zipped:
        yield from (repr(zipped.read(name)) for name in zipped.namelist())


@pytest.mark.parametrize("tamper", TAMPERINGS)
def test_a_secret_that_somebody_set_by_hand_is_never_shown(
    world: World, tamper: Callable[[World], None]
) -> None:
    tamper(world)
    drifted = looked(world, "drift", drift.drift)
    assert "changed" in drifted or "object" in drifted or "unmanaged" in drifted
    pages: list[Any] = [
        drifted,
        looked(world, "status", status.status),
        looked(world, "plan", lambda ctx: plan.plan(ctx, (), exit_code=False)),
        shown("drift", world.fix()),
        shown("deploy", world.deploy()),
        *world.notes,
        kept(world),
    ]
    assert [page for page in pages if CANARY in page] == []


def test_a_secret_of_the_configuration_is_not_kept_in_the_bucket(world: World) -> None:
    """In a variable, in a file of values, and in the environment that Terraform sets."""
    toml = world.root / settings.FILE
    toml.write_text(f"{toml.read_text()}\n[env.prod.variables]\nstripe_key = '{CANARY}'\n")
    (world.root / "terraform" / "x.auto.tfvars").write_text(f'token = "{CANARY}"')
    (world.root / "terraform" / "counter.tf").write_text("memory_size = 256")
    deployed = world.deploy()
    assert deployed.error is None
    assert [key for key in world.stored() if key.startswith("artifacts/prod/infra/")]
    assert CANARY not in kept(world)
    assert CANARY not in shown("deploy", deployed)

    assert looked(world, "drift", drift.drift).count("No drift") == 1
    toml.write_text(toml.read_text().replace(CANARY, "sk_live_another"))
    drifted = looked(world, "drift", drift.drift)
    assert "No drift" in drifted
    assert world.notes[-1] == (
        "Not kept with the release, and different in the worktree: variable stripe_key"
    )
    tamper_with_the_environment(world)
    with pytest.raises(Refused, match="variable stripe_key"):
        world.fix()


def test_what_is_written_on_the_machine_is_the_owners_alone(world: World) -> None:
    folder = world.root / ".resumectl"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_name_of_a_secret_variable_is_shown_and_its_change_is_seen(world: World) -> None:
    tamper_with_the_environment(world)
    drifted = looked(world, "drift", drift.drift)
    rows = " ".join(drifted.split())
    assert "environment.variables.STRIPE_KEY: (not set) -> (sensitive " in rows
