"""What must never be published: key files by name, and credentials in text. Pure.

AWS's documented example key (`AKIAIOSFODNN7EXAMPLE`) counts too: a deploy cannot tell an example
from a real key. A message never contains the credential itself, only where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_KEY_FILE: Final = re.compile(
    r".*\.(pem|key|p12|pfx|jks|ppk|keystore|kdbx|tfstate(\..*)?)|id_(rsa|dsa|ecdsa|ed25519)",
    re.IGNORECASE | re.DOTALL,
)
_SNIFFED_BYTES: Final = 8192
_OVERLAP: Final = 4096
"""More than the longest credential: a piece is searched together with so much of the last one."""


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


class Search:
    """Looks for the first credential in a file that comes in pieces. A binary file has none.

    Attributes:
        found: the credential, once it was seen.
    """

    def __init__(self) -> None:
        self.found: Credential | None = None
        self._text: bool | None = None
        self._tail = b""
        self._before = 0
        self._lines_before = 0

    def feed(self, piece: bytes, *, last: bool) -> None:
        """Search the next piece; the `last` one may be empty."""
        if self._text is None:
            self._text = b"\0" not in piece[:_SNIFFED_BYTES]
        if self.found or not self._text:
            return
        data = self._tail + piece
        self.found = self._find(data, last=last)
        cut = max(0, len(data) - _OVERLAP)
        self._before += cut
        self._lines_before += data.count(b"\n", 0, cut)
        self._tail = data[cut:]

    def _find(self, data: bytes, *, last: bool) -> Credential | None:
        """The first match that is whole, with what is around it.

        At the end it may continue in the next piece, which has all of it again. At the start, what
        comes before is unknown, and was judged with the piece before.
        """
        for kind in _KINDS:
            if any(mark in data for mark in kind.marks):
                for match in kind.pattern.finditer(data):
                    begun = match.start() > 0 or not self._before
                    if begun and (last or match.end() < len(data)):
                        line = self._lines_before + data.count(b"\n", 0, match.start()) + 1
                        return Credential(line, kind.what)
        return None


def find(data: bytes) -> Credential | None:
    """The first credential in `data`; None if there is none, or if `data` is not text."""
    search = Search()
    search.feed(data, last=True)
    return search.found
