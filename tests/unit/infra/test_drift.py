from __future__ import annotations

import threading

import pytest

from resumectl.infra.drift import Comparer, lacking
from resumectl.infra.record import InfraRecord
from resumectl.plan import Change
from resumectl.progress import Steps
from tests.fakes.canned_terraform import BUCKET, ROLE, change, plan
from tests.fakes.undeclared import FUNCTION, STATE

RESOURCES = {resource.address: dict(resource.attributes) for resource in STATE.resources}
"""All that AWS has, so that nothing is undeclared."""
ALIAS, LOST = "aws_lambda_alias.x", {"function_name": FUNCTION, "name": "live"}


@pytest.fixture
def find(bench):
    """Compare, with a state of this serial that lacks some resources."""

    def find(*plans, serial=7, recorded=7, lost=()):
        known = {address: RESOURCES[address] for address in RESOURCES if address not in lost}
        bench.put_state(serial, known)
        bench.terraform.plans = list(plans)
        steps = Steps(bench.progress)
        comparer = Comparer(bench.workspaces, bench.importer, steps, bench.part.client)
        record = InfraRecord("d", recorded) if recorded else None
        live = bench.part.live({}, None)
        return comparer.find(bench.module(), record, live, threading.Event()).changes

    return find


def test_a_recorded_state_without_anything_undeclared_is_compared_once(bench, find):
    assert find(None) == ()
    assert bench.terraform.done() == [("released", "plan", "refresh-only")]


@pytest.mark.parametrize(("serial", "recorded"), [(8, 7), (6, 7), (7, None)])
def test_another_state_than_the_recorded_one_is_compared_with_the_configuration_too(
    bench, find, serial, recorded
):
    find(None, None, serial=serial, recorded=recorded)
    assert bench.terraform.done() == [
        ("released", "plan", "refresh-only"),
        ("released", "plan", "apply"),
    ]


@pytest.mark.parametrize("serial", [7, 8])
def test_what_the_state_lacks_is_named_and_not_undeclared(bench, find, serial):
    """Whoever lost it may have written the state as often as the release did."""
    bench.aws.answers |= {"list_role_policies": {"PolicyNames": ["counter", "admin"]}}
    bench.aws.answers["get_alias"] = {"Name": "live"}
    state, extra = find(
        None,
        plan(change(ALIAS, None, LOST)),
        plan(change(ALIAS, LOST, LOST, importing="x")),
        serial=serial,
        lost=[ALIAS],
    )
    now = {"serial": serial, "lacks": [ALIAS]}
    assert state == Change("infra", "terraform.state", {"serial": 7}, now, "state")
    assert (extra.key, extra.kind) == ("role-policy admin", "unmanaged")
    assert lacking((state, extra)) == [ALIAS]


def test_the_settings_of_what_the_state_lacks_drift_too(bench, find):
    bench.aws.answers["get_alias"] = {"Name": "live"}
    live, released = {**LOST, "description": "mine"}, {**LOST, "description": "ours"}
    changes = find(
        None,
        plan(change(ALIAS, None, released)),
        plan(change(ALIAS, live, released, importing="x")),
        serial=8,
        lost=[ALIAS],
    )
    assert changes[1:] == (Change("infra", ALIAS, released, live, "changed"),)


def test_what_neither_the_state_nor_aws_has_is_deleted(bench, find):
    bench.aws.answers |= {"get_alias": "ResourceNotFoundException", "list_aliases": {"Aliases": []}}
    changes = find(None, plan(change(ALIAS, None, LOST)), serial=8, lost=[ALIAS])
    assert changes[1:] == (Change("infra", ALIAS, LOST, None, "deleted"),)


def test_what_the_state_knows_is_not_compared_twice(find):
    """A plan also has what only differs from the configuration."""
    both = {"name": "live", "description": "a"}, {"name": "live", "description": "b"}
    changes = find(None, plan(change(ALIAS, *both)), serial=8)
    assert [each.key for each in changes] == ["terraform.state"]


def test_only_the_state_lacks_something():
    changed = Change("infra", BUCKET, {"lacks": []}, {"lacks": [ROLE]}, "changed")
    assert lacking((changed, Change("infra", "terraform.state", {}, {"serial": 1}, "state"))) == []
