"""Proof that a site is live and does what it should, through the front door a visitor uses.

`run(target)` asks the site, its counter, its certificate and its bucket, side by side, and returns one `Check` for each
thing it looked at. A check never raises: what went wrong is its detail, in words a person can act on.
"""

from __future__ import annotations

from resumectl.smoke.check import Check
from resumectl.smoke.http import Http
from resumectl.smoke.pace import Pace
from resumectl.smoke.suite import run
from resumectl.smoke.target import Target

__all__ = ["Check", "Http", "Pace", "Target", "run"]
