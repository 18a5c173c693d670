"""What all tests share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest
from botocore import session

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _service_models() -> Iterator[None]:
    """Read botocore's models once: each session reads them again, which is most of its time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", functools.cache(session.create_loader))
        yield
