"""`smoke`: the live site and counter, proven through the front door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resumectl.smoke.target import Target
from resumectl.smoke.verdict import failure
from resumectl.steps.look import look_deployed
from resumectl.steps.outcome import Outcome

if TYPE_CHECKING:
    from resumectl.smoke.check import Check
    from resumectl.steps.context import Context
    from resumectl.steps.smoke import SmokeTest


def smoke(ctx: Context) -> Outcome:
    """Test the environment's own site against its live release."""
    scene = look_deployed(ctx)
    released = scene.heads.released
    checks = ctx.smoke.of(scene.outputs, released.served if released else None)
    return _outcome(checks, scene.outputs["site_url"])


def smoke_url(url: str, test: SmokeTest) -> Outcome:
    """Test any site at a URL."""
    return _outcome(test.target(Target(url)), url)


def _outcome(checks: Sequence[Check], url: str) -> Outcome:
    urls = {"site": f"{url.rstrip('/')}/"}
    return Outcome({"checks": [check.as_json() for check in checks], "urls": urls}, failure(checks))
