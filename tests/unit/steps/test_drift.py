from __future__ import annotations

from datetime import date

import pytest

from resumectl.errors import CloudError, TerraformError
from resumectl.settings import Ignore
from resumectl.steps import drift
from resumectl.steps.look import look
from tests.fakes.context import World
from tests.fakes.errors import aws_error

TODAY, YESTERDAY = date(2026, 11, 22), date(2026, 11, 21)


def released(**options):
    world = World(**options)
    world.release("1")
    world.forget_calls()
    return world


@pytest.fixture
def world():
    return released()


def find(world, **options):
    ctx = world.context()
    return drift.find(ctx, look(ctx), **options)


def tamper(world, name="function"):
    part = world.part(name)
    part.cloud = {**dict.fromkeys(part.cloud, "by hand"), "extra": "1"}


def rows(changes):
    return [(change.part, change.key, change.kind) for change in changes]


def test_nothing_drifted(world):
    assert find(world).plan.changes == ()


def test_what_differs_from_the_release_is_found_part_by_part(world):
    tamper(world, "site")
    world.part("function").cloud = {}
    assert rows(find(world).plan.changes) == [
        ("function", "live", "deleted"),
        ("site", "extra", "unmanaged"),
        ("site", "index.html", "changed"),
    ]
    assert [part.calls.count("drift") for part in world.parts] == [1, 1, 1]


def test_data_that_is_gone_is_told_of_every_part(world):
    world.part("infra").gone, world.part("site").gone = ["the table"], ["the objects"]
    drifted = find(world)
    assert drifted.lost == ("the table", "the objects")
    assert drift.body(world.context(), drifted)["lost"] == ["the table", "the objects"]


def test_what_is_not_deployed_yet_is_no_drift(world):
    world.write("2")
    ctx = world.context()
    scene = look(ctx)
    assert drift.find(ctx, scene).plan.changes == ()
    assert drift.pending(ctx, scene) == {"infra": 1, "function": 1, "site": 1}


def test_a_part_that_cannot_be_compared_fails_the_command(world):
    world.part("infra").fail("drift", TerraformError("Terraform is not installed."))
    with pytest.raises(TerraformError, match="not installed"):
        find(world)


def test_an_error_of_aws_is_told_as_such_and_never_as_a_bug(world):
    world.part("infra").fail("drift", aws_error("SlowDown"))
    with pytest.raises(CloudError, match="SlowDown"):
        find(world)
    assert find(world, lenient=True).unchecked.keys() == {"infra"}


def test_the_first_failure_is_raised_and_stops_the_others(world):
    def stopped(heads, live, stop):
        raise TerraformError("Stopped." if stop.wait(60) else "Not stopped.")

    world.part("infra").drift = stopped
    world.part("site").fail("drift", CloudError("Denied."))
    with pytest.raises(CloudError, match="Denied"):
        find(world)


def test_a_lenient_comparison_names_the_part_and_goes_on(world):
    world.part("infra").fail("drift", TerraformError("Terraform is not installed."))
    tamper(world, "site")
    found = find(world, lenient=True)
    assert found.unchecked == {"infra": "Terraform is not installed."}
    assert {change.part for change in found.plan.changes} == {"site"}


def test_a_bug_is_not_tolerated_by_a_lenient_comparison(world):
    world.part("infra").fail("drift", ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        find(world, lenient=True)


@pytest.mark.parametrize(
    ("key", "fields", "ignored"),
    [
        ("live", (), ["live"]),
        ("*", (), ["extra", "live"]),
        ("li*", ("value",), ["live"]),
        ("live", ("memory",), []),
        ("other", (), []),
    ],
)
def test_what_the_settings_ignore_is_told_apart(key, fields, ignored):
    world = released(ignores=(Ignore(key, fields, "a test", TODAY),))
    tamper(world)
    found = find(world)
    assert [change.key for change in found.ignored_of("function")] == ignored
    assert {change.key for change in found.plan.changes} == {"live", "extra"} - set(ignored)
    assert found.ignored_of("site") == ()


def test_an_ignore_does_not_hold_after_its_last_day():
    world = released(ignores=(Ignore("*", (), "a test", YESTERDAY),))
    tamper(world)
    found = find(world)
    assert (found.ignored, [entry.key for entry in found.expired]) == ((), ["*"])
    assert len(found.plan.changes) == 2


def test_the_document_tells_values_and_times():
    world = released(
        ignores=(Ignore("extra", (), "mine", TODAY), Ignore("x", (), "old", YESTERDAY))
    )
    tamper(world)
    world.part("function").since = {"live": "2026-11-21T10:00:00+00:00"}
    ctx = world.context()
    body = drift.body(ctx, drift.find(ctx, look(ctx)))
    change = {"part": "function", "key": "live", "action": "update", "fields": ["value"]}
    assert body == {
        "release": 1,
        "changes": [
            {
                **change,
                "kind": "changed",
                "values": {"value": {"from": "1", "to": "by hand"}},
                "since": "2026-11-21T10:00:00+00:00",
            }
        ],
        "pending": {"infra": 0, "function": 0, "site": 0},
        "lost": [],
        "unchecked": {},
        "unseen": [],
        "ignored": [
            {**change, "key": "extra", "action": "create", "kind": "unmanaged"},
        ],
        "expired_ignores": [{"key": "x", "reason": "old", "until": "2026-11-21"}],
    }
