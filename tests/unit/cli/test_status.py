from __future__ import annotations

from resumectl.cli.status import status
from tests.fakes.context import FakeCall, World


def test_an_environment_that_is_up_is_asked():
    body = status(FakeCall("status", quiet=True, world=World())).body
    assert body["missing"] == ["Not deployed yet: resumectl deploy --env prod"]


def test_an_embedded_cloud_that_is_down_is_not_started():
    body = status(FakeCall("status", quiet=True)).body
    (missing,) = body["missing"]
    assert missing.startswith("The embedded cloud is not running: resumectl local start")
