"""`make golden`: write every screen."""

from __future__ import annotations

from tests.golden import screens

screens.write()
