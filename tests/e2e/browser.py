"""Which Chromium the browser tests use: `python -m tests.e2e.browser` says it, or fails when there is none."""

from __future__ import annotations

import os
import shutil
import sys

ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """The executable of a Chromium on this machine."""
    wanted = os.environ.get("RESUMECTL_CHROMIUM")
    return shutil.which(wanted) if wanted else next(filter(None, map(shutil.which, _NAMES)), None)


if __name__ == "__main__":
    found = find()
    sys.stdout.write(f"{found}\n" if found else "")
    sys.exit(0 if found else 1)
