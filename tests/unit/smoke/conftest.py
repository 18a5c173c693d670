from __future__ import annotations

import pytest

from resumectl.smoke.http import Http

from .playground import Clock, opened


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site():
    with opened() as playground:
        yield playground


@pytest.fixture
def http():
    with Http(timeout=60) as client:
        yield client


@pytest.fixture
def clock():
    return Clock()
