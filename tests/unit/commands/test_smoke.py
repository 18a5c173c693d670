from __future__ import annotations

import pytest
from resumectl.steps.progress import Silent, Steps

from resumectl.commands import smoke
from resumectl.errors import Exit, SettingsError
from resumectl.smoke.check import Check

GOOD, BAD = (
    Check("page", ok=True, detail="200", seconds=0.1),
    Check("counter", ok=False, detail="500", seconds=0.1),
)


@pytest.mark.parametrize(
    ("found", "failed", "code"),
    [((GOOD,), None, Exit.OK), ((GOOD, BAD), smoke.STEP, Exit.SMOKE_FAILED)],
)
def test_a_check_that_fails_fails_the_step(monkeypatch, found, failed, code):
    monkeypatch.setattr(smoke, "run", lambda *_, **__: found)
    steps = Steps(Silent())
    ended = smoke.smoke_url("https://example.com", steps, None)
    assert (steps.failed, ended.exit_code) == (failed, code)
    assert ended.body["checks"] == [check.as_json() for check in found]


def test_what_is_no_address_is_refused():
    with pytest.raises(SettingsError, match="'ftp://x' is not the URL of a site"):
        smoke.smoke_url("ftp://x", Steps(Silent()), None)
