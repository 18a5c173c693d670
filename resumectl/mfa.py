"""Asking for an MFA code, which only a person at a terminal can answer."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from resumectl.errors import CloudError


def ask_for_codes_of(session: Any) -> None:
    """Let a boto3 session ask here when a profile's role needs a code."""
    providers = session._session.get_component("credential_provider")  # noqa: SLF001
    providers.get_provider("assume-role")._prompter = code  # noqa: SLF001


def unanswered(doing: str) -> CloudError:
    """The error for a code that nobody could type."""
    return CloudError(
        f"AWS asks for an MFA code while {doing}, and there is no terminal to type it on.",
        hint="Run the command on a terminal, or set the keys of a session:"
        " aws sts get-session-token --serial-number ARN --token-code CODE",
        code="credentials",
    )


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
