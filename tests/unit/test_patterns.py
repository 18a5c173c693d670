from __future__ import annotations

import pytest

from resumectl import patterns


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (patterns.NAME, "my-resume2", "2-resume"),
        (patterns.ID, "1f2e3d4c", "1F2E3D4C"),
        (patterns.REGION, "us-gov-west-1", "London"),
        (patterns.DOMAIN, "resume.example.co.uk", "https://example.com"),
        (patterns.ACCOUNT, "123456789012", "12345678901"),
        (patterns.HANDLER, "package.counter.handler", "handler"),
    ],
)
def test_a_pattern_tells_good_from_bad(pattern, good, bad):
    assert pattern.regex.fullmatch(good)
    assert not pattern.regex.fullmatch(bad)
    assert pattern.description
