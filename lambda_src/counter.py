"""The visitor counter: one number per page in DynamoDB, behind an API Gateway HTTP API.

    GET  /api/count?page=/  ->  200 {"page": "/", "count": 41}    reads the count; 0 without visits
    POST /api/count?page=/  ->  200 {"page": "/", "count": 42}    adds one, atomically and once

A page's item also has one attribute for each execution environment that counted in the last
minutes: `~` and a random name, with the number of the environment's last visit. By that, a visit
whose response was lost is told from one that never arrived. docs/decisions/0016 has the details.

The event (payload format 2.0) is untrusted: a field of the wrong shape counts as missing. Every
response is JSON, and every request writes one JSON line to the log. The client never sees an
error's details; the error and its traceback are only in the log.

Paths match exactly: `/api/count/` is 404. The prefix of a named stage is removed first. HEAD and
OPTIONS are 405. API Gateway joins a repeated `page` with a comma, which no page contains, so it
is 400.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
from botocore import exceptions
from botocore.config import Config

PATH: Final = "/api/count"
METHODS: Final = ("GET", "POST")
PAGE: Final = re.compile(r"/[A-Za-z0-9/_.-]{0,199}")
MARK: Final = "~"
"""How the name of an environment's attribute begins."""
MARKS: Final = 20
"""An item with more of them loses those of environments that ended."""
FORGOTTEN: Final = 120_000
"""Milliseconds after which no request of an environment can still be on its way: its timeout is at
most 29 s."""
ATTEMPT: Final = 1.5
"""Seconds that one attempt may take."""
MARGIN: Final = 0.4
"""Seconds that are kept for the response."""
UNANSWERED: Final = (exceptions.ConnectionError, exceptions.HTTPClientError)
"""What botocore raises if no response arrived; whether the request did is unknown."""
THROTTLED: Final = (
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
)
LOGGED: Final = 200
"""The log keeps at most this many characters of a value that a client sent."""


@dataclass(frozen=True)
class Request:
    """A parsed event. `page` is None if the event has an invalid one."""

    method: str = ""
    path: str = ""
    page: str | None = None


@dataclass(frozen=True)
class Response:
    """A response to the client. `failure` goes to the log only."""

    status: int
    body: dict[str, Any]
    allow: str | None = None
    failure: BaseException | None = None


def handler(event: object, context: object) -> dict[str, Any]:
    """Handle one request. Never raises."""
    started = time.perf_counter()
    request = read(event)
    response = respond(request, time.monotonic() + _seconds_left(context))
    _log(request, response, _request_id(event, context), time.perf_counter() - started)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if response.allow:
        headers["Allow"] = response.allow
    return {"statusCode": response.status, "headers": headers, "body": json.dumps(response.body)}


def read(event: object) -> Request:
    """Parse an event of payload format 2.0. Fields of the wrong shape count as missing."""
    context = _mapping(event, "requestContext")
    path, stage = _text(event, "rawPath"), _text(context, "stage")
    if stage and path.startswith(f"/{stage}/"):
        path = path.removeprefix(f"/{stage}")
    return Request(_text(_mapping(context, "http"), "method"), path, _page(event))


def respond(request: Request, deadline: float) -> Response:
    """Route the request. An exception becomes a 500 without details.

    `deadline` is a time of the monotonic clock after which no attempt begins.
    """
    if request.path != PATH:
        return Response(404, {"error": "not found"})
    if request.method not in METHODS:
        return Response(405, {"error": "method not allowed"}, allow=", ".join(METHODS))
    if request.page is None:
        return Response(
            400, {"error": "page must be a path: / and up to 199 characters of A-Z a-z 0-9 / _ . -"}
        )
    try:
        count = (add_one if request.method == "POST" else read_count)(request.page, deadline)
    except Exception as error:  # noqa: BLE001
        return Response(500, {"error": "internal error"}, failure=error)
    return Response(200, {"page": request.page, "count": count})


def read_count(page: str, deadline: float) -> int:
    """The count of the page; 0 if it was never visited. A consistent read."""
    response = _repeated(
        lambda: _dynamodb().get_item(
            **_item(page),
            ProjectionExpression="#count",
            ExpressionAttributeNames={"#count": "count"},
            ConsistentRead=True,
        ),
        deadline,
    )
    return int(response["Item"]["count"]["N"]) if response.get("Item") else 0


def add_one(page: str, deadline: float) -> int:
    """Add one visit in one atomic update, however often it is sent, and return the new count."""
    with _environment().visit() as (mark, number):
        try:
            updated = _repeated(lambda: _add(page, mark, number), deadline)
        except _dynamodb().exceptions.ConditionalCheckFailedException as applied:
            return int(applied.response["Item"]["count"]["N"])  # only the response was lost
    item = updated["Attributes"]
    _forget(page, item, number - FORGOTTEN, deadline)
    return int(item["count"]["N"])


@dataclass
class Environment:
    """This execution environment, and the number of its last visit: milliseconds since 1970.

    Lambda sends one request at a time to an environment; the lock keeps that true elsewhere.
    """

    mark: str = field(default_factory=lambda: MARK + os.urandom(6).hex())
    number: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def visit(self) -> Iterator[tuple[str, int]]:
        """The name of the environment, and a number above that of every visit before."""
        with self.lock:
            self.number = max(self.number + 1, time.time_ns() // 1_000_000)
            yield self.mark, self.number


@functools.cache
def _environment() -> Environment:
    """Made at the first visit, so that no two copies of one snapshot share it."""
    return Environment()


def _item(page: str) -> dict[str, Any]:
    return {"TableName": os.environ["TABLE_NAME"], "Key": {"page": {"S": page}}}


def _add(page: str, mark: str, number: int) -> Any:
    return _dynamodb().update_item(
        **_item(page),
        UpdateExpression="SET #mark = :number ADD #count :one",
        ConditionExpression="attribute_not_exists(#mark) OR #mark < :number",
        ExpressionAttributeNames={"#count": "count", "#mark": mark},
        ExpressionAttributeValues={":one": {"N": "1"}, ":number": {"N": str(number)}},
        ReturnValues="ALL_NEW",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )


def _forget(page: str, item: dict[str, Any], before: int, deadline: float) -> None:
    """Now and then, remove what environments that ended left in the item. It may fail."""
    marks = [name for name in item if name.startswith(MARK)]
    stale = [name for name in marks if int(item[name]["N"]) < before][:100]
    if len(marks) <= MARKS or not stale or time.monotonic() + ATTEMPT > deadline:
        return
    names = {f"#m{index}": name for index, name in enumerate(stale)}
    with contextlib.suppress(Exception):
        _dynamodb().update_item(
            **_item(page),
            UpdateExpression=f"REMOVE {', '.join(names)}",
            ConditionExpression=" AND ".join(f"{name} < :before" for name in names),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":before": {"N": str(before)}},
        )


def _repeated(send: Callable[[], Any], deadline: float) -> Any:
    """Send a request until there is an answer, or no time for another attempt."""
    pause = 0.05
    while True:
        try:
            return send()
        except (exceptions.ClientError, *UNANSWERED) as error:
            wait = random.uniform(0, pause)  # noqa: S311
            if not _is_transient(error) or time.monotonic() + wait + ATTEMPT > deadline:
                raise
        time.sleep(wait)
        pause *= 2


def _is_transient(error: Exception) -> bool:
    if not isinstance(error, exceptions.ClientError):
        return True
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or error.response["Error"]["Code"] in THROTTLED  # noqa: PLR2004


def _seconds_left(context: object) -> float:
    """The time for attempts, by Lambda's own clock; what the default timeout leaves without it."""
    left = 5.0
    with contextlib.suppress(Exception):
        left = float(context.get_remaining_time_in_millis()) / 1000  # type: ignore[attr-defined]
    return left - MARGIN


@functools.cache
def _dynamodb() -> Any:
    """The client of this execution environment. `_repeated` repeats its attempts."""
    config = Config(
        connect_timeout=0.5,
        read_timeout=ATTEMPT - 0.1,
        retries={"mode": "standard", "total_max_attempts": 1},
        parameter_validation=False,
    )
    return boto3.client("dynamodb", config=config)


def _page(event: object) -> str | None:
    query = event.get("queryStringParameters") if isinstance(event, dict) else None
    if query is None:
        return "/"
    page = query.get("page", "/") if isinstance(query, dict) else None
    return page if isinstance(page, str) and PAGE.fullmatch(page) else None


def _mapping(outer: object, key: str) -> dict[str, Any]:
    inner = outer.get(key) if isinstance(outer, dict) else None
    return inner if isinstance(inner, dict) else {}


def _text(outer: object, key: str) -> str:
    inner = outer.get(key) if isinstance(outer, dict) else None
    return inner if isinstance(inner, str) else ""


def _request_id(event: object, context: object) -> str:
    """Lambda's request ID, or API Gateway's if there is none."""
    request_id = getattr(context, "aws_request_id", None)
    if isinstance(request_id, str):
        return request_id
    return _text(_mapping(event, "requestContext"), "requestId")


def _log(request: Request, response: Response, request_id: str, seconds: float) -> None:
    line: dict[str, Any] = {
        "level": "INFO" if response.failure is None else "ERROR",
        "message": "answered" if response.failure is None else "failed",
        "request_id": request_id[:LOGGED],
        "method": request.method[:LOGGED],
        "path": request.path[:LOGGED],
        "page": request.page,
        "status": response.status,
        "duration_ms": round(seconds * 1000, 1),
    }
    if response.failure is not None:
        line["error"] = f"{type(response.failure).__name__}: {response.failure}"
        line["traceback"] = "".join(traceback.format_exception(response.failure))
    # The visitor gets the response even if stdout is closed.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives the import a full CPU, but a call only the share that the memory setting buys. So
    # create the client now. If that fails, the first request fails too and logs the reason.
    with contextlib.suppress(Exception):
        _dynamodb()
