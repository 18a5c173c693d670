"""Checks of the visitor counter, on a reserved page so that no real page gains a visit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from resumectl.smoke.check import Attempts, Mismatch
from resumectl.smoke.pages import expect

if TYPE_CHECKING:
    from resumectl.smoke.http import Http, Response
    from resumectl.smoke.target import Target

PAGE: Final = "/_smoke"
_BAD_PAGES: Final = ("/<script>", "/" + "a" * 200)
_INTERNALS: Final = re.compile(
    rb"arn:aws|traceback \(|dynamodb|botocore|exception|\.py\b", re.IGNORECASE
)


def counts(target: Target, http: Http) -> str:
    """Two visits add exactly two, and a read agrees.

    Another smoke test may count in between: then all four requests are retried, after a pause.
    """
    methods = ("GET", "POST", "POST", "GET")
    before, first, second, after = (_count(target, http, method) for method in methods)
    if not second - 1 == first == before + 1:
        steps = f"{before} -> {first} -> {second}"
        raise Mismatch(f"two visits: {steps}; each should add 1", Attempts.CONTENDED)
    detail = f"two visits: {before} -> {second}"
    if after != second:
        raise Mismatch(f"{detail}, but a read returned {after}", Attempts.CONTENDED)
    return detail


def wrong_method(target: Target, http: Http) -> str:
    """An unsupported method is rejected, and the response lists the supported ones."""
    response = http.request("DELETE", _address(target, PAGE))
    _error(response, 405)
    allow = response.header("Allow")
    methods = {method.strip().upper() for method in allow.split(",")}
    if not methods >= {"GET", "POST"}:
        raise Mismatch(f"405, but Allow is {allow or 'missing'} instead of GET, POST")
    return f"405 to DELETE, allowed: {allow}"


def bad_page(target: Target, http: Http) -> str:
    """An invalid page is rejected, so that nobody can fill the table with garbage."""
    for page in _BAD_PAGES:
        _error(http.request("GET", _address(target, page)), 400)
    return "400 for a page with invalid characters and for one that is too long"


def _count(target: Target, http: Http, method: str) -> int:
    response = http.request(method, _address(target, PAGE))
    document = _document(response, 200)
    count = document.get("count")
    if document.get("page") != PAGE or set(document) != {"page", "count"}:
        raise Mismatch(f"{method} returned {_excerpt(response)} instead of a page and its count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise Mismatch(f"{method} returned {_excerpt(response)}: the count is not a whole number")
    return count


def _error(response: Response, status: int) -> None:
    document = _document(response, status)
    if not isinstance(document.get("error"), str):
        raise Mismatch(f"{status}, but {_excerpt(response)} has no error message")


def _document(response: Response, status: int) -> dict[str, Any]:
    """The JSON object in a response that has this status, forbids caching and leaks nothing."""
    expect(response, status)
    internals = _INTERNALS.search(response.body)
    if internals:
        raise Mismatch(f"the response leaks internals: it contains {internals[0].decode()!r}")
    policy = response.header("Cache-Control")
    if "no-store" not in policy.lower():
        raise Mismatch(f"{status}, but Cache-Control is {policy or 'missing'} instead of no-store")
    try:
        document = json.loads(response.body)
    except ValueError:
        document = None
    kind = response.header("Content-Type")
    if not isinstance(document, dict) or "json" not in kind.lower():
        body = f"{_excerpt(response)} ({kind or 'no content type'})"
        raise Mismatch(f"{status}, but the body is not a JSON object: {body}")
    return document


def _excerpt(response: Response) -> str:
    """The start of a body, on one line."""
    return " ".join(response.body[:80].decode(errors="replace").split()) or "empty"


def _address(target: Target, page: str) -> str:
    return f"{target.base}/api/count?page={quote(page)}"
