"""Asking for an MFA code, which only a person at a terminal can answer."""

from __future__ import annotations

import getpass
import os
import sys


def code(prompt: str) -> str:
    """Ask for the code.

    Raises:
        EOFError: there is no terminal. `getpass` would warn and print its prompt into the log.
    """
    if not _has_terminal():
        raise EOFError
    return getpass.getpass(prompt)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin is not None and sys.stdin.isatty()
    return True
