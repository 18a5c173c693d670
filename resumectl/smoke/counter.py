"""Probes of the visitor counter, on a page of its own so that no real page gains a visitor."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from resumectl.smoke.check import Mismatch, Tries
from resumectl.smoke.pages import expect

if TYPE_CHECKING:
    from resumectl.smoke.http import Http, Response
    from resumectl.smoke.target import Target

PAGE: Final = "/_smoke"
_BAD_PAGES: Final = ("/<script>", "/" + "a" * 200)
_LEAK: Final = re.compile(
    rb"arn:aws|traceback \(|dynamodb|botocore|exception|\.py\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Counts:
    """What the counter said before, at and after two visits."""

    before: int
    first: int
    second: int
    after: int

    def problem(self) -> str | None:
        """Why this is not a counter to trust; None when it is."""
        if not self.second - 1 == self.first == self.before + 1:
            return f"two visits counted {self.before} -> {self.first} -> {self.second} instead of one more each time"
        if self.after != self.second:
            return f"two visits counted {self.before} -> {self.second}, but a read then said {self.after}"
        return None


def counts(target: Target, http: Http) -> str:
    """Two visits add exactly two, and a read agrees.

    Someone else's smoke run may count between the requests; then all of it is tried again, a random while later.
    """
    seen = Counts(*(_count(target, http, method) for method in ("GET", "POST", "POST", "GET")))
    problem = seen.problem()
    if problem:
        raise Mismatch(problem, Tries.CONTENDED)
    return f"two visits counted {seen.before} -> {seen.second}"


def wrong_method(target: Target, http: Http) -> str:
    """A method that means nothing here is refused, and the answer names those that do."""
    response = http.request("DELETE", _address(target, PAGE))
    _error(response, 405)
    allowed = {method.strip().upper() for method in response.header("Allow").split(",")}
    if not allowed >= {"GET", "POST"}:
        raise Mismatch(
            f"405, but Allow is {response.header('Allow') or 'missing'} instead of GET, POST"
        )
    return f"405 to DELETE, allowed: {response.header('Allow')}"


def bad_page(target: Target, http: Http) -> str:
    """A page that cannot exist is refused, so that nobody fills the table with nonsense."""
    for page in _BAD_PAGES:
        _error(http.request("GET", _address(target, page)), 400)
    return "400 to a page with odd characters and to one too long"


def _count(target: Target, http: Http, method: str) -> int:
    response = http.request(method, _address(target, PAGE))
    answer = _answer(response, 200)
    count = answer.get("count")
    if answer.get("page") != PAGE or set(answer) != {"page", "count"}:
        raise Mismatch(f"{method} answered {_shown(response)} instead of a page and its count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise Mismatch(f"{method} answered {_shown(response)}: the count is not a whole number")
    return count


def _error(response: Response, status: int) -> None:
    answer = _answer(response, status)
    if not isinstance(answer.get("error"), str):
        raise Mismatch(f"{status}, but {_shown(response)} does not say what the error is")


def _answer(response: Response, status: int) -> dict[str, Any]:
    """The JSON object of an answer that has the right status, and that nobody may store."""
    expect(response, status)
    leak = _LEAK.search(response.body)
    if leak:
        raise Mismatch(f"the answer shows {leak[0].decode()!r}, which is nobody's business outside")
    if "no-store" not in response.header("Cache-Control").lower():
        raise Mismatch(
            f"{status}, but Cache-Control is {response.header('Cache-Control') or 'missing'}, not no-store"
        )
    return _json(response)


def _json(response: Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "json" not in response.header("Content-Type").lower():
        kind = response.header("Content-Type") or "of no type"
        raise Mismatch(
            f"{response.status}, but the answer is not a JSON object: {_shown(response)} ({kind})"
        )
    return answer


def _shown(response: Response) -> str:
    """The start of a body, on one line."""
    return " ".join(response.body[:80].decode(errors="replace").split()) or "nothing"


def _address(target: Target, page: str) -> str:
    return f"{target.base}/api/count?page={quote(page)}"
