from __future__ import annotations

from resumectl.report import unlock


def test_each_lock_that_was_released(shown):
    text = shown(unlock.unlock, {"released": ["the deploy lock of ada", "Terraform's state lock"]})
    assert text == "Released the deploy lock of ada.\nReleased Terraform's state lock.\n"


def test_no_lock(shown):
    assert shown(unlock.unlock, {"released": []}) == "Environment prod is not locked.\n"
