"""What must never be published: key files by name, and credentials in text. Pure.

AWS's documented example key (`AKIAIOSFODNN7EXAMPLE`) counts too: a deploy cannot tell an example
from a real key. A message never contains the credential itself, only where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SEARCHED_BYTES: Final = 1024 * 1024
"""Larger files are not searched: nobody writes them by hand."""

_KEY_FILE: Final = re.compile(
    r".*\.(pem|key|p12|pfx|jks|ppk|keystore|kdbx|tfstate(\..*)?)|id_(rsa|dsa|ecdsa|ed25519)",
    re.IGNORECASE | re.DOTALL,
)
_SNIFFED_BYTES: Final = 8192


@dataclass(frozen=True)
class Credential:
    """The kind of a credential and the line it is in."""

    line: int
    what: str


@dataclass(frozen=True)
class _Kind:
    """What one kind of credential looks like.

    Every match of `pattern` contains one of `marks`, which are far cheaper to search for.
    """

    what: str
    marks: tuple[bytes, ...]
    pattern: re.Pattern[bytes]


_KINDS: Final = (
    _Kind(
        "an AWS access key id",
        (b"AKIA", b"ASIA"),
        re.compile(rb"(?<![A-Za-z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9])"),
    ),
    _Kind(
        "an AWS secret access key",
        (b"ecret", b"SECRET"),
        re.compile(
            rb"(?i:(?:aws_?)?secret_?(?:access_?)?key)[\"']?\s*(?:=>|[:=])\s*"
            rb"[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
        ),
    ),
    # A string literal in a library is no key: the header must end its line or precede key data.
    _Kind(
        "a private key",
        (b"PRIVATE KEY",),
        re.compile(
            rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
            rb"(?:[ \t]*\r?(?:\n|\Z)|(?:\\r|\\n|\s)*[A-Za-z0-9+/]{16})"
        ),
    ),
)


def is_key_file(name: str) -> bool:
    """Whether a file with this name is a key, a key store or a Terraform state."""
    return _KEY_FILE.fullmatch(name) is not None


def find(data: bytes) -> Credential | None:
    """The first credential in `data`; None if there is none, or if `data` is not text."""
    if b"\0" in data[:_SNIFFED_BYTES]:
        return None
    for kind in _KINDS:
        if any(mark in data for mark in kind.marks) and (match := kind.pattern.search(data)):
            return Credential(data.count(b"\n", 0, match.start()) + 1, kind.what)
    return None
