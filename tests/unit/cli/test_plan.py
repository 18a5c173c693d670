from __future__ import annotations

import pytest

from resumectl.cli.deploy import Only
from resumectl.cli.plan import plan
from tests.fakes.context import FakeCall, World


@pytest.mark.parametrize(("exit_code", "code"), [(False, 0), (True, 3)])
def test_the_exit_code_is_asked_for(exit_code, code):
    call = FakeCall("plan", quiet=True, world=World())
    assert plan(call, exit_code=exit_code).exit_code == code


def test_only_the_named_parts_are_planned():
    call = FakeCall("plan", quiet=True, world=World())
    changes = plan(call, only=[Only("infra"), Only("backend")]).body["changes"]
    assert [row["part"] for row in changes] == ["infra", "function"]
