"""The smoke test: checks of a live site through its public URL, as visitors reach it.

`run(target)` checks the site, counter, certificate and bucket side by side and returns the checks.
A check never raises: its detail says what went wrong.
"""

from __future__ import annotations

from resumectl.smoke.check import Check
from resumectl.smoke.http import Http
from resumectl.smoke.pace import Pace
from resumectl.smoke.suite import run
from resumectl.smoke.target import Target

__all__ = ["Check", "Http", "Pace", "Target", "run"]
