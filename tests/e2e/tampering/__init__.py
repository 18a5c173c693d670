"""Changes made outside resumectl: how each is made and undone, and what drift must find."""

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
    """All of them. The environment must be as released: `undo` restores what is there now."""
    return [one for part in (site, function, resources, extras) for one in part(account)]
