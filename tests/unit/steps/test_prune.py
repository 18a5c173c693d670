from __future__ import annotations

import pytest

from resumectl.errors import Refused
from resumectl.release.ledger import Heads
from resumectl.release.pin import Pin
from resumectl.settings import Retention
from resumectl.steps.prune import prune
from tests.fakes.context import ADA, BAD, GOOD, World
from tests.fakes.errors import aws_error
from tests.fakes.faults import Fault
from tests.fakes.part import OUTPUTS


@pytest.fixture
def world():
    """Four releases; the site of #1 is only its own, that of #2 is also that of #4."""
    world = World(retention=Retention(keep=100))
    for value in ("1", "2", "3", "2"):
        world.release(value)
        world.later(days=10)
    world.forget_calls()
    return world


def run(world, keep=2, keep_days=1):
    world.retention = Retention(keep, keep_days)
    prune(world.context(), OUTPUTS, Heads())
    return world.ledger.numbers()


def test_old_releases_go_with_what_only_they_need(world):
    assert run(world) == [4, 3]
    assert world.part("site").pruned == {("index.html", "1")}
    assert world.part("function").pruned == {("live", "1")}
    assert world.progress.details[-1] == "2, up to #2"


def test_a_part_of_which_nothing_is_needless_is_not_asked(world):
    world.pins.set(Pin(1, ADA, "", ""))
    assert run(world) == [4, 3, 1]
    assert all("prune" not in part.calls for part in world.parts)


def test_without_too_many_releases_nothing_more_is_read(world):
    world.faults.begun.clear()
    run(world, keep=4)
    assert {operation for operation, _ in world.faults.begun} == {"list_objects_v2"}


@pytest.mark.parametrize(("keep", "keep_days"), [(4, 1), (1, 100), (2, 45)])
def test_what_is_within_the_limits_stays(world, keep, keep_days):
    assert run(world, keep, keep_days) == [4, 3, 2, 1]
    assert world.progress.started[-1] != "prune"


def test_the_live_the_last_verified_and_the_pinned_release_stay():
    world = World(retention=Retention(keep=100))
    for value in ("1", "2", "3"):
        world.release(value)
    for value in ("4", "5", "6"):
        world.release(value, smoke=False)
    world.pins.set(Pin(1, ADA, "", ""))
    world.later(days=10)
    assert run(world, keep=1) == [6, 3, 1]
    assert world.part("site").pruned == {("index.html", value) for value in "245"}


def test_a_pin_that_cannot_be_read_prunes_nothing(world):
    """Which release it spares is not known."""
    world.bucket.write("pins/prod.json", b"{")
    assert run(world) == [4, 3, 2, 1]
    assert "is pinned" in world.progress.notes[0]


@pytest.mark.parametrize("number", [1, 3])
def test_a_record_that_cannot_be_read_prunes_nothing(world, number):
    """What it needs is not known."""
    world.bucket.write(f"releases/prod/{number:06d}.json", b"{")
    assert run(world) == [4, 3, 2, 1]
    assert all(part.pruned == set() for part in world.parts)


def test_a_record_that_is_listed_and_not_found_prunes_nothing(world):
    """Right after S3 made a bucket, a read can miss what is listed."""
    world.fail(
        Fault("refuse", call="get_object", key="releases/prod/000003.json", code="NoSuchKey")
    )
    assert run(world) == [4, 3, 2, 1]
    assert all(part.pruned == set() for part in world.parts)


# --- what failed deploys uploaded


def test_what_a_failed_deploy_uploaded_goes_after_the_next_good_one():
    world = World()
    world.release("1")
    fail(world, "2")
    assert world.part("site").pruned == set()
    world.release("3")
    assert world.part("site").pruned == {("index.html", "2")}
    assert world.part("function").pruned == {("live", "2")}
    assert world.ledger.numbers() == [3, 2, 1]
    assert world.progress.details[-1] == "what failed deploys uploaded"


def test_what_the_next_deploy_uploads_too_stays():
    world = World()
    world.release("1")
    fail(world, "2")
    world.release("2")
    assert all(part.pruned == set() for part in world.parts)


def test_what_is_live_of_a_failed_deploy_stays():
    """It was not taken back, and the next deploy leaves the function out."""
    world = World()
    world.release("1")
    fail(world, "2", take_back=False)
    world.release("3", only=("site",))
    assert world.live()["function"] == {"live": "2"}
    assert world.part("function").pruned == set()
    assert world.part("site").pruned == {("index.html", "2")}


def fail(world, value, **options):
    world.write(value)
    world.checks = [(BAD,), (GOOD,)]
    assert world.deploy(**options).error is not None
    world.checks = [(GOOD,)]


def test_an_interrupted_pruning_continues_the_next_time(world):
    """The record goes last, so what it needed is still known."""
    world.part("site").fail("prune", aws_error("SlowDown"))
    assert run(world) == [4, 3, 2, 1]
    world.part("site").hooks.clear()
    assert run(world) == [4, 3]
    assert world.part("site").pruned == {("index.html", "1")}


@pytest.mark.parametrize(
    ("call", "key"),
    [
        *(("list_objects_v2", ""), ("get_object", ""), ("delete_object", "")),
        ("get_object", "pins/prod.json"),
    ],
)
def test_a_failure_of_aws_fails_nothing(world, call, key):
    world.fail(Fault("refuse", call=call, key=key, code="AccessDenied", lasting=True))
    world.retention = Retention(2, 1)
    prune(world.context(), OUTPUTS, Heads())
    (note,) = world.progress.notes
    assert note.startswith("Some old releases were not pruned: ")


@pytest.mark.parametrize(
    "error", [Refused("Version 1 is in use."), aws_error("AccessDenied"), aws_error("Throttling")]
)
def test_a_refused_pruning_leaves_a_verified_release_alone(world, error):
    world.part("function").fail("prune", error)
    world.retention = Retention(2, 1)
    outcome = world.deploy()
    world.write("5")
    outcome = world.deploy()
    assert (outcome.exit_code, outcome.body["release"]["status"]) == (0, "verified")
    assert len([n for n in world.progress.notes if n.startswith("Some old releases")]) == 1
    assert 1 in world.ledger.numbers()


def test_a_failure_of_a_part_fails_nothing(world):
    world.part("function").fail("prune", Refused("Version 1 is in use."))
    assert run(world) == [4, 3, 2, 1]
    assert world.progress.notes == ["Some old releases were not pruned: Version 1 is in use."]


def test_a_deploy_prunes_only_when_it_went_well(world):
    world.retention = Retention(2, 1)
    world.checks = [(BAD,), (GOOD,)]
    world.write("5")
    world.deploy()
    assert 1 in world.ledger.numbers()
    world.deploy()
    assert 1 not in world.ledger.numbers()
