from __future__ import annotations

import pytest

from resumectl.errors import SettingsError
from resumectl.progress import Steps
from resumectl.smoke.target import Target
from resumectl.steps.smoke import SmokeTest
from tests.fakes.context import BAD, GOOD, UNSEEN, Recorder, World
from tests.fakes.part import OUTPUTS


@pytest.fixture
def world():
    return World()


def test_the_outputs_name_what_is_tested(world):
    smoke = world.context().smoke
    assert smoke.of(OUTPUTS, {"index.html": "1"}, 20.0) == (GOOD,)
    ((target, settle),) = world.tested
    assert (target.url, target.pages) == (OUTPUTS["site_url"], {"index.html": "1"})
    assert target.bucket_url == "https://resume-prod-site.s3.amazonaws.com/index.html"
    assert settle == 20.0


@pytest.mark.parametrize(
    ("checks", "ok"), [((GOOD,), True), ((GOOD, BAD), False), ((UNSEEN,), False)]
)
def test_a_failed_check_fails_the_step_but_raises_nothing(world, checks, ok):
    world.checks = [checks]
    ctx = world.context()
    assert ctx.smoke.target(Target("https://example.com")) == checks
    assert world.progress.ended == [("smoke", ok)]
    assert ctx.steps.failed == (None if ok else "smoke")
    assert world.progress.details[-1] == f"{checks.count(GOOD)} of {len(checks)} checks passed"


def test_an_error_of_the_run_itself_is_raised():
    def run(target, **_):
        raise SettingsError("No.")

    with pytest.raises(SettingsError):
        SmokeTest(Steps(Recorder()), run=run).target(Target("https://example.com"))
