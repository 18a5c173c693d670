from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from resumectl.cli.smoke import smoke
from resumectl.errors import BuildError, SettingsError
from tests.fakes.context import BAD, GOOD, FakeCall, World


@pytest.fixture
def world():
    world = World()
    world.release("1")
    return world


@pytest.fixture
def call(world):
    return FakeCall("smoke", quiet=True, world=world)


def test_the_environment_is_tested(call):
    assert smoke(call).body["checks"] == [GOOD.as_json()]


def test_a_report_is_written_also_of_failures(call, world, tmp_path):
    world.checks = [(GOOD, BAD)]
    assert smoke(call, junit=tmp_path / "smoke.xml").exit_code == 4
    suite = ET.parse(tmp_path / "smoke.xml").getroot().find(".//testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "prod" in suite.get("name")


def test_a_report_that_cannot_be_written_is_an_error(call, tmp_path):
    with pytest.raises(BuildError, match=r"Cannot write .*smoke\.xml"):
        smoke(call, junit=tmp_path / "missing" / "smoke.xml")


def test_a_url_needs_no_environment():
    """The address is refused before anything is asked."""
    with pytest.raises(SettingsError, match="'ftp://x' is not the URL of a site"):
        smoke(FakeCall("smoke", quiet=True), url="ftp://x")
