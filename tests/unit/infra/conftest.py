from __future__ import annotations

import pytest
from moto import mock_aws

from tests.fakes.leftovers import Leftovers


@pytest.fixture(scope="session")
def moto_clients():
    """Clients by service and region, shared by all tests: creating them takes most of the time."""
    return {}


@pytest.fixture
def leftovers(moto_clients):
    with mock_aws():
        yield Leftovers(moto_clients)
