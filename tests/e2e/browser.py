"""Which Chromium the browser tests use: `python -m tests.e2e.browser` prints it or exits with 1."""

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
    """The executable of a Chromium on this machine; RESUMECTL_CHROMIUM names another one."""
    named = os.environ.get("RESUMECTL_CHROMIUM")
    candidates = (shutil.which(name) for name in ([named] if named else _NAMES))
    return next((path for path in candidates if path and _works(path)), None)


def _works(path: str) -> bool:
    """Whether it starts: where Chromium is a snap, a script of its name only says to install it."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    executable = find()
    if executable is None:
        sys.exit(1)
    sys.stdout.write(f"{executable}\n")
