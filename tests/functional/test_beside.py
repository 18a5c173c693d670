"""Commands that run in one checkout at the same time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.commands import deploy, drift, plan, status
from tests.fakes.faults import Fault, Faults
from tests.functional.world import TOML, Agreed, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resumectl.steps.outcome import Outcome

BUILD = """
[site]
build = "rm -rf public && mkdir public && cp -r frontend/. public"
output = "public"
"""
READING = {
    "plan": lambda ctx: plan.plan(ctx, (), exit_code=False),
    "status": status.status,
    "drift": drift.drift,
}
MOMENTS = {
    "the question": None,
    "the apply of the infrastructure": Fault("delay", call="update_function_configuration"),
    "the first upload": Fault("delay", call="put_object", key="assets/second.js"),
}


@dataclass
class Thinking(Agreed):
    """Agrees to the plan when something else has been done."""

    first: Callable[[], object]

    def __call__(self, plan: Any) -> None:
        self.first()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project with a build command that is deployed, and then edited."""
    made = World(tmp_path / "project")
    (made.root / "resumectl.toml").write_text(f"{TOML}{BUILD}")
    made.deploy()
    made.write("second", memory=256)
    return made


def deploy_while(world: World, moment: str, work: Callable[[], object]) -> Outcome:
    """Deploy `prod`; at a moment of that, something else happens."""
    fault = MOMENTS[moment]
    if fault is None:
        with world.working() as ctx:
            return deploy.deploy(ctx, deploy.Options(), Thinking(work))
    return world.deploy(Faults([replace(fault, meanwhile=work)]))


def edit(world: World) -> None:
    """What somebody does in an editor while a deploy runs."""
    world.write("third", memory=512)
    shutil.rmtree(world.root / "frontend" / "assets")
    (world.root / "frontend" / "index.html").write_text("third")
    (world.root / "terraform" / ".terraform.lock.hcl").write_text('version = "5.101.0"')


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("command", READING)
def test_a_reading_command_does_not_disturb_a_deploy(
    world: World, command: str, moment: str
) -> None:
    ran = []

    def read() -> None:
        edit(world)
        with world.working() as ctx:
            ran.append(READING[command](ctx))

    assert deploy_while(world, moment, read).error is None
    assert len(ran) == 1
    served = world.objects()
    assert served.keys() == {"assets/second.js", "index.html", "about.html", "404.html"}
    assert b"second" in served["index.html"][0]
    assert world.function().settings["MemorySize"] == 256
    released = world.context().releases.ledger.heads().released
    assert released
    assert {*released.parts["site"].as_json()} == served.keys()


@pytest.mark.parametrize("moment", MOMENTS)
def test_two_environments_are_deployed_from_one_checkout_at_the_same_time(
    world: World, moment: str
) -> None:
    ran = []

    def deploy_stage() -> None:
        world.write("third", memory=512)
        ran.append(world.deploy(env="stage").error)

    assert deploy_while(world, moment, deploy_stage).error is None
    assert ran == [None]
    for env, word, memory in (("prod", "second", 256), ("stage", "third", 512)):
        assert word.encode() in world.objects(env)["index.html"][0]
        assert f"assets/{word}.js" in world.objects(env)
        assert world.function(env).settings["MemorySize"] == memory
        assert world.half_pages(env) == []
