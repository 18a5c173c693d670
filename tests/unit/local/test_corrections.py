from __future__ import annotations

import pytest

from resumectl.local import corrections


@pytest.fixture
def cloudfront(monkeypatch):
    found = pytest.importorskip("ministack.services.cloudfront")
    monkeypatch.setattr(
        found, "_cf_update_function", lambda _name, headers, body: (200, headers, body)
    )
    corrections.provide()
    return found


@pytest.mark.parametrize(
    ("answered", "corrected"),
    [({"ETag": "a1"}, {"ETag": "a1", "ETtag": "a1"}), ({"x": "y"}, {"x": "y"})],
)
def test_an_updated_function_has_the_header_that_clients_read(cloudfront, answered, corrected):
    assert cloudfront._cf_update_function("index", answered, b"body") == (200, corrected, b"body")
