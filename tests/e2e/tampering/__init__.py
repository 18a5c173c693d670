"""What others do to an environment, one thing at a time: how it is done and undone, and what drift must say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.tampering.extras import extras
from tests.e2e.tampering.one import Tampering
from tests.e2e.tampering.resources import resources
from tests.e2e.tampering.uploads import function, site

if TYPE_CHECKING:
    from tests.e2e.account import Account

__all__ = ["Tampering", "catalogue", "function", "site"]


def catalogue(account: Account) -> list[Tampering]:
    """All of them; the environment must be as it was released."""
    return [one for part in (site, function, resources, extras) for one in part(account)]
