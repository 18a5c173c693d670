"""The check of the security headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from resumectl.smoke.check import Mismatch
from resumectl.smoke.pages import expect

if TYPE_CHECKING:
    from resumectl.smoke.http import Http, Response
    from resumectl.smoke.target import Target


def security_headers(target: Target, http: Http) -> str:
    """Every security header is set to a value that protects visitors."""
    response = http.request("GET", f"{target.base}/")
    expect(response, 200)
    problems = list(_problems(response))
    if problems:
        raise Mismatch("; ".join(problems))
    return f"all {len(_RULES) + 1} headers are set"


def _problems(response: Response) -> Iterator[str]:
    for name, rule in _RULES.items():
        value = response.header(name).strip()
        problem = rule(value) if value else "is missing"
        if problem:
            yield f"{name} {problem}"
    if not _framing_denied(response):
        yield "framing is allowed: neither x-frame-options nor frame-ancestors denies it"


def _transport(value: str) -> str | None:
    age = re.search(r"max-age\s*=\s*\"?(\d+)", value, re.IGNORECASE)
    return None if age and int(age[1]) > 0 else "is disabled: max-age is 0 or missing"


def _policy(value: str) -> str | None:
    directives = _directives(value)
    if "'unsafe-inline'" in value.lower():
        return "allows 'unsafe-inline'"
    if not directives & {"default-src", "script-src"}:
        return "does not restrict scripts"
    return None


def _nosniff(value: str) -> str | None:
    return None if value.lower() == "nosniff" else f"is {value!r} instead of nosniff"


def _referrer(value: str) -> str | None:
    return "sends the full URL to every site" if value.lower() == "unsafe-url" else None


def _framing_denied(response: Response) -> bool:
    denied = response.header("x-frame-options").strip().upper() in ("DENY", "SAMEORIGIN")
    return denied or "frame-ancestors" in _directives(response.header("content-security-policy"))


def _directives(policy: str) -> set[str]:
    """The directive names of one or more content security policies."""
    return {words[0].lower() for part in re.split("[;,]", policy) if (words := part.split())}


_RULES: dict[str, Callable[[str], str | None]] = {
    "strict-transport-security": _transport,
    "content-security-policy": _policy,
    "x-content-type-options": _nosniff,
    "referrer-policy": _referrer,
    "permissions-policy": lambda _value: None,  # any value
}
