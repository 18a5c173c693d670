"""Things that must never be published: files that are keys by name, and credentials inside text. Pure.

AWS's documented example key (`AKIAIOSFODNN7EXAMPLE`) counts too: telling an example from the real thing is not a
decision for a deploy to make. What was found is never part of any message, only where.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SEARCHED_BYTES: Final = 1024 * 1024
"""Only text up to this size is searched; hand-written files are smaller."""

_KEY_FILE: Final = re.compile(
    r".*\.(pem|key|p12|pfx|jks|ppk|keystore|kdbx|tfstate(\..*)?)|id_(rsa|dsa|ecdsa|ed25519)",
    re.IGNORECASE | re.DOTALL,
)
_SNIFFED_BYTES: Final = 8192


@dataclass(frozen=True)
class Credential:
    """What was found, and in which line."""

    line: int
    what: str


@dataclass(frozen=True)
class _Sign:
    """How a credential looks. One of `marks` must occur in it: far cheaper to look for than the pattern."""

    what: str
    marks: tuple[bytes, ...]
    pattern: re.Pattern[bytes]


_SIGNS: Final = (
    _Sign(
        "an AWS access key id",
        (b"AKIA", b"ASIA"),
        re.compile(rb"(?<![A-Za-z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9])"),
    ),
    _Sign(
        "an AWS secret access key",
        (b"ecret", b"SECRET"),
        re.compile(
            rb"(?i:(?:aws_?)?secret_?(?:access_?)?key)[\"']?\s*(?:=>|[:=])\s*[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
        ),
    ),
    # A library's string literal with the header is no key: it must end its line, or be followed by one.
    _Sign(
        "a private key",
        (b"PRIVATE KEY",),
        re.compile(
            rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
            rb"(?:[ \t]*\r?(?:\n|\Z)|(?:\\r|\\n|\s)*[A-Za-z0-9+/]{16})"
        ),
    ),
)


def is_key_file(name: str) -> bool:
    """Whether a file of that name is a key, a key store or a Terraform state."""
    return _KEY_FILE.fullmatch(name) is not None


def find(data: bytes) -> Credential | None:
    """The first credential in `data`; None when there is none or it is not text."""
    if b"\0" in data[:_SNIFFED_BYTES]:
        return None
    for sign in _SIGNS:
        if any(mark in data for mark in sign.marks) and (match := sign.pattern.search(data)):
            return Credential(data.count(b"\n", 0, match.start()) + 1, sign.what)
    return None
