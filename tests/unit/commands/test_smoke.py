from __future__ import annotations

import pytest

from resumectl.commands.smoke import smoke, smoke_url
from resumectl.errors import Exit, Refused, SettingsError
from tests.fakes.context import BAD, GOOD, UNSEEN, World
from tests.fakes.part import OUTPUTS


@pytest.fixture
def world():
    world = World()
    world.release("1")
    world.tested.clear()
    return world


def test_the_site_is_tested_against_its_live_release(world):
    world.write("2")
    outcome = smoke(world.context())
    ((target, settle),) = world.tested
    assert (target.url, target.pages, settle) == (OUTPUTS["site_url"], {"index.html": "1"}, 0.0)
    assert outcome.body == {
        "checks": [GOOD.as_json()],
        "urls": {"site": f"{OUTPUTS['site_url']}/"},
    }


def test_a_site_without_a_release_is_tested_without_comparing_pages():
    world = World()
    world.checks = [(BAD,)]
    world.deploy()
    world.tested.clear()
    smoke(world.context())
    assert world.tested[0][0].pages is None


@pytest.mark.parametrize(
    ("checks", "failed", "code"),
    [
        ((GOOD,), None, Exit.OK),
        ((GOOD, BAD), "smoke", Exit.SMOKE_FAILED),
        ((UNSEEN,), "smoke", Exit.SMOKE_FAILED),
    ],
)
def test_a_check_that_fails_fails_the_step(world, checks, failed, code):
    world.checks = [checks]
    ctx = world.context()
    outcome = smoke_url("https://example.com/", ctx.smoke)
    assert (ctx.steps.failed, outcome.exit_code) == (failed, code)
    assert outcome.body["checks"] == [check.as_json() for check in checks]
    assert outcome.body["urls"] == {"site": "https://example.com/"}
    assert world.tested[0][0].pages is None


def test_what_is_no_url_is_refused(world):
    with pytest.raises(SettingsError, match="'ftp://x' is not the URL of a site"):
        smoke_url("ftp://x", world.context().smoke)


def test_an_environment_that_was_never_deployed_is_refused():
    with pytest.raises(Refused, match="not deployed yet"):
        smoke(World().context())
