from __future__ import annotations

from resumectl.report import smoke

CHECK = {"name": "page", "ok": True, "detail": "200", "seconds": 0.25}


def test_every_check_is_shown(shown):
    checks = [CHECK, {**CHECK, "name": "error page", "ok": False}]
    assert shown(smoke.smoke, {"checks": checks}) == (
        "✓ page          0.25 s  200\n✗ error page    0.25 s  200\n"
    )
