"""What others do at the same time: environments, machines, containers, and lost responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from resumectl.errors import Locked, ResumectlError
from tests.fakes.faults import Fault, Faults, Killed
from tests.functional.world import World, state

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.aws.world import Call

LOCK = "locks/prod.json"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A project that is deployed."""
    made = World(tmp_path / "project")
    made.deploy()
    return made


# --- environments


def test_one_environment_never_writes_what_belongs_to_another(world: World) -> None:
    world.deploy(env="stage")
    began = len(world.aws.journal)
    world.write("second", memory=256)
    world.deploy(env="stage")
    world.write("third", memory=128)
    world.deploy()
    world.rollback()
    calls = world.aws.journal[began:]
    stage = next(n for n, call in enumerate(calls) if call.arguments.get("Key") == LOCK)
    assert [call for call in calls[:stage] if "prod" in told(world, call)] == []
    assert [call for call in calls[stage:] if "stage" in told(world, call)] == []
    assert calls[:stage]
    assert calls[stage:]


def test_environments_keep_their_releases_and_states_apart(world: World) -> None:
    world.write("second", memory=256)
    world.deploy(env="stage")
    assert [key for key in world.stored("releases/") if "stage" in key] == [
        "releases/stage/000001.json"
    ]
    assert {state("prod"), state("stage")} <= {*world.stored("terraform/")}
    assert (b"first" in world.objects()["index.html"][0]) is True
    assert (b"second" in world.objects("stage")["index.html"][0]) is True
    assert world.function("prod").settings["MemorySize"] == 128
    assert world.function("stage").settings["MemorySize"] == 256


def told(world: World, call: Call) -> str:
    """What a call names; a distribution stands for its environment. What is stored is left out."""
    named: dict[str, Any] = {
        key: value
        for key, value in call.arguments.items()
        if key not in ("Body", "ZipFile", "Code", "Policy")
    }
    for env in ("prod", "stage"):
        distribution = world.distribution(env)
        if distribution and named.get("DistributionId") == distribution.id:
            named["DistributionId"] = env
    return json.dumps(named, default=str)


# --- machines and containers


def killed_holding_the_lock(world: World, machine: Any = None) -> None:
    world.write("second", memory=128)
    with pytest.raises(Killed):
        world.deploy(Faults([Fault("kill-after", call="put_object", key=LOCK)]), machine)
    assert LOCK in world.stored()


def test_the_lock_of_a_dead_process_of_this_machine_is_taken_over(world: World) -> None:
    killed_holding_the_lock(world)
    assert world.deploy().error is None
    assert any(note.startswith("Took over the lock") for note in world.notes)


@pytest.mark.parametrize("where", ["container", "reboot", "machine"])
def test_a_holder_whose_processes_cannot_be_seen_keeps_its_lock(world: World, where: str) -> None:
    """Another PID namespace of this host, another boot of it, another host."""
    machine = world.machine
    elsewhere = {
        "container": machine.container("pid:[4026532001]"),
        "reboot": machine.reboot(),
        "machine": machine.container(machine.pid_namespace, host="ci"),
    }
    killed_holding_the_lock(world, elsewhere[where])
    with pytest.raises(Locked, match="Environment prod is locked by"):
        world.deploy()
    assert LOCK in world.stored()


def test_a_container_does_not_take_its_hosts_lock(world: World) -> None:
    killed_holding_the_lock(world)
    container = world.machine.container("pid:[4026532001]")
    with pytest.raises(Locked):
        world.deploy(machine=container)


# --- lost responses

LAST_WRITES = {
    "the state": ("put_object", state()),
    "the record": ("put_object", "releases/prod/000002.json"),
    "the alias": ("update_alias", ""),
    "the lock, taken": ("put_object", LOCK),
    "the lock, given back": ("delete_object", LOCK),
}


@pytest.mark.parametrize("written", LAST_WRITES)
@pytest.mark.parametrize("kind", ["repeat", "lose"])
def test_a_deploy_whose_response_was_lost_converges(world: World, written: str, kind: Any) -> None:
    """`repeat`: boto3 sends the request again; `lose`: it gives up."""
    call, key = LAST_WRITES[written]
    faults = Faults([Fault(kind, call=call, key=key)])
    world.write("second", memory=256)
    try:
        error: ResumectlError | None = world.deploy(faults).error
    except ResumectlError as raised:
        error = raised
    assert [fault.kind for fault in faults.met] == [kind]
    if kind == "repeat":
        assert error is None
    assert world.deploy().error is None
    heads = world.context().releases.ledger.heads()
    assert heads.released
    assert heads.released.parts["function"].as_json()["version"] == live(world)
    verified = [
        row.id for row in world.context().releases.ledger.newest_first() if row.status != "failed"
    ]
    assert len(verified) == 2
    assert world.stored("locks/") == []
    assert b"second" in world.objects()["index.html"][0]


def live(world: World) -> str:
    version: str = world.function().at("live")["Version"]
    return version
