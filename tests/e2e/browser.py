"""Which Chromium the browser tests use: `python -m tests.e2e.browser` says it, or fails when there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")


def find() -> str | None:
    """The executable of a Chromium on this machine."""
    wanted = os.environ.get("RESUMECTL_CHROMIUM")
    candidates = (shutil.which(name) for name in ([wanted] if wanted else _NAMES))
    return next((path for path in candidates if path and _works(path)), None)


def _works(path: str) -> bool:
    """Whether it says its version: where Chromium is a snap, a script of that name only says so."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    found = find()
    sys.stdout.write(f"{found}\n" if found else "")
    sys.exit(0 if found else 1)
