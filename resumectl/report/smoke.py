"""What `smoke` and `doctor` print: their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.report.screen import Screen


def smoke(screen: Screen, document: Mapping[str, Any]) -> None:
    """Every check."""
    screen.checks(document["checks"])
