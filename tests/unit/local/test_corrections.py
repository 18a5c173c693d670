from __future__ import annotations

import pytest

from resumectl.local import corrections


@pytest.fixture
def cloudfront(monkeypatch):
    service = pytest.importorskip("ministack.services.cloudfront")
    monkeypatch.setattr(
        service, "_cf_update_function", lambda _name, headers, body: (200, headers, body)
    )
    corrections.install()
    return service


@pytest.mark.parametrize(
    ("headers", "corrected"),
    [({"ETag": "a1"}, {"ETag": "a1", "ETtag": "a1"}), ({"x": "y"}, {"x": "y"})],
)
def test_the_response_to_a_function_update_has_the_etag_that_clients_read(
    cloudfront, headers, corrected
):
    assert cloudfront._cf_update_function("index", headers, b"body") == (200, corrected, b"body")
