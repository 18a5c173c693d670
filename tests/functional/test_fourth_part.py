"""A fourth part is one folder and one line of wiring: it goes through every command as it is."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from resumectl.commands import deploy, drift, history, plan, rollback, status
from resumectl.report import console, github
from resumectl.report.junit import junit
from tests.fakes.context import BAD, NOW, Approval, World
from tests.fakes.part import FakePart, FakeRecord, usual
from tests.schemas import validate

if TYPE_CHECKING:
    from resumectl.steps.outcome import Outcome

NAME = "mail"


@pytest.fixture
def world() -> World:
    """One release of four parts."""
    world = World(*usual(), FakePart(NAME, {"welcome": "1"}))
    world.release("1")
    world.forget_calls()
    return world


def printed(command: str, outcome: Outcome, *, verbose: bool = False) -> str:
    """The document of a command as a terminal shows it; the contract and GitHub take it, too."""
    document = outcome.document(command, "prod")
    validate(json.loads(json.dumps(document)))
    out = Console(file=io.StringIO(), width=100)
    console.show(command, document, verbose=verbose, out=out, now=NOW)
    github.summary(document)
    return out.file.getvalue()


def test_it_is_deployed_and_recorded(world: World) -> None:
    world.write("2", NAME)
    approval = Approval()
    outcome = deploy.deploy(world.context(), deploy.Options(), approval)
    assert world.live()[NAME] == {"welcome": "2"}
    assert world.ledger.read(2).parts[NAME] == FakeRecord({"welcome": "2"})
    assert outcome.body["release"][NAME] == {"size": 1}
    assert outcome.body["release"]["changes"] == {NAME: {"update": 1}}
    assert [change.part for change in approval.plans[0].changes] == [NAME]
    assert "Release #2 is live and verified: 1 changed." in printed("deploy", outcome)


def test_it_can_be_named_alone(world: World) -> None:
    world.write("2")
    deploy.deploy(world.context(), deploy.Options(only=(NAME,)), Approval())
    assert [part.writes for part in world.parts] == [[], [], [], ["welcome"]]


def test_it_is_planned(world: World) -> None:
    world.write("2")
    outcome = plan.plan(world.context(), (NAME,), exit_code=True)
    assert (outcome.exit_code, len(outcome.body["changes"])) == (3, 1)
    assert "Mail" in printed("plan", outcome)
    assert "welcome" in printed("plan", outcome, verbose=True)


def test_its_drift_is_found_and_reverted(world: World) -> None:
    world.part(NAME).cloud = {"welcome": "by hand"}
    outcome = drift.drift(world.context())
    assert [(row["part"], row["kind"]) for row in outcome.body["changes"]] == [(NAME, "changed")]
    assert "value: 1 -> by hand" in printed("drift", outcome)

    reverted = world.revert()
    assert reverted.body["reverted"] is True
    assert world.live()[NAME] == {"welcome": "1"}
    assert "Reverted 1 difference" in printed("drift", reverted)


def test_what_waits_is_told_beside_drift(world: World) -> None:
    world.write("2", NAME)
    outcome = drift.drift(world.context())
    assert outcome.body["pending"][NAME] == 1
    assert "mail 1" in printed("drift", outcome)


def test_it_is_rolled_back(world: World) -> None:
    world.release("2")
    shown = rollback.rollback(world.context(), rollback.Options(only_plan=True), Approval())
    assert "Mail" in printed("rollback", shown)
    outcome = world.rollback()
    assert world.live()[NAME] == {"welcome": "1"}
    assert world.ledger.read(3).parts[NAME] == FakeRecord({"welcome": "1"})
    assert "a rollback to #1" in printed("rollback", outcome)


def test_it_stays_where_it_is_if_it_does_not_roll_back() -> None:
    world = World(*usual(), FakePart(NAME, {"welcome": "1"}, rolls_back=False))
    world.release("1")
    world.release("2")
    outcome = world.rollback()
    assert world.live()[NAME] == {"welcome": "2"}
    assert outcome.body["not_rolled_back"] == ["infra", NAME, "data"]
    assert "Not rolled back: infrastructure, mail and the counter's data." in printed(
        "rollback", outcome
    )


def test_it_is_taken_back_after_a_failed_smoke_test(world: World) -> None:
    world.write("2", NAME)
    world.checks = [(BAD,)]
    outcome = world.deploy()
    assert world.live()[NAME] == {"welcome": "1"}
    assert "taken back to #1" in printed("deploy", outcome)
    assert junit(outcome.body["checks"], "prod")


def test_it_has_its_place_in_history_and_status(world: World) -> None:
    world.write("2", NAME)
    world.deploy()
    world.write("3", NAME)
    world.part("infra").offers["site_url"] = "http://127.0.0.1:9"
    assert "mail 1" in printed("history", history.history(world.context(), 10))

    outcome = status.status(world.context())
    assert outcome.body["parts"][NAME] == {"to_deploy": 1, "drifted": 0}
    assert "Mail" in printed("status", outcome)
    assert "Mail" in github.summary(outcome.document("status", "prod"))


def test_a_release_from_before_it_existed_leaves_it_alone(world: World) -> None:
    old = World()
    old.release("0")
    old.parts = (*old.parts, FakePart(NAME, {"welcome": "1"}))
    old.release("1")
    assert old.rollback().body["target"] == 1
    assert old.live()[NAME] == {"welcome": "1"}
    assert old.live()["site"] == {"index.html": "0"}


def test_its_needs_are_pruned_with_its_releases(world: World) -> None:
    from resumectl.settings import Retention

    world.retention = Retention(keep=1, keep_days=1)
    world.later(days=10)
    world.release("2")
    assert world.part(NAME).pruned == {("welcome", "1")}
