"""Whose certificates the smoke test trusts: the same as boto3 and Terraform in this environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from resumectl.errors import SettingsError

_VARIABLES: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""As botocore reads them, the first one first. OpenSSL itself reads SSL_CERT_FILE."""


def authorities() -> Path | None:
    """The file or folder of certificates that the environment names instead of the system's.

    Raises:
        SettingsError: it holds no certificates.
    """
    for name in _VARIABLES:
        value = os.environ.get(name)
        if value:
            return _checked(name, Path(value))
    return None


def _checked(name: str, path: Path) -> Path:
    import ssl

    try:
        if not path.is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:  # an SSLError is one, too
        reason = error.strerror if error.filename or error.errno == 2 else None  # noqa: PLR2004
        raise SettingsError(
            f"{name} is {path}, which holds no certificates: {reason or error}",
            hint=f"Set {name} to a file of certificates in PEM format, or unset it.",
        ) from error
    return path
