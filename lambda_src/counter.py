"""The visitor counter: one number per page, kept in DynamoDB, behind an API Gateway HTTP API (payload format 2.0).

    GET  /api/count?page=/  ->  200 {"page": "/", "count": 41}    reads; a page nobody visited has 0
    POST /api/count?page=/  ->  200 {"page": "/", "count": 42}    adds one, atomically

An event becomes a `Request` (nothing in it is trusted, not even its shape), the request becomes an `Answer`, and one
JSON line goes to the log. Whatever goes wrong, the client gets JSON that says nothing about the inside: the error and
its traceback are in the log only.

Decisions: paths match exactly (`/api/count/` is 404; a named stage's prefix is taken off); a repeated `page` reaches
Lambda joined with a comma, which no page may hold, so it is 400; HEAD and OPTIONS are 405 like any other method.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.config import Config

PATH: Final = "/api/count"
METHODS: Final = ("GET", "POST")
PAGE: Final = re.compile(r"/[A-Za-z0-9/_.-]{0,199}")
LOGGED: Final = 200
"""The most characters of anything a client sent that reach the log."""


@dataclass(frozen=True)
class Request:
    """What the event asks for. `page` is None when it is not one."""

    method: str = ""
    path: str = ""
    page: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the client gets, and what only the log gets."""

    status: int
    body: dict[str, Any]
    allow: str | None = None
    failure: BaseException | None = None


def handler(event: object, context: object) -> dict[str, Any]:
    """Answer one request. It never raises, whatever the event is."""
    started = time.perf_counter()
    request = read(event)
    answer = respond(request)
    _log(request, answer, _request_id(event, context), time.perf_counter() - started)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if answer.allow:
        headers["Allow"] = answer.allow
    return {"statusCode": answer.status, "headers": headers, "body": json.dumps(answer.body)}


def read(event: object) -> Request:
    """The request in an event of payload format 2.0; parts of another shape read as missing."""
    context = _mapping(event, "requestContext")
    path, stage = _text(event, "rawPath"), _text(context, "stage")
    if stage and path.startswith(f"/{stage}/"):
        path = path.removeprefix(f"/{stage}")
    return Request(_text(_mapping(context, "http"), "method"), path, _page(event))


def respond(request: Request) -> Answer:
    """Route the request; an exception becomes an answer that does not tell it."""
    if request.path != PATH:
        return Answer(404, {"error": "not found"})
    if request.method not in METHODS:
        return Answer(405, {"error": "method not allowed"}, allow=", ".join(METHODS))
    if request.page is None:
        return Answer(
            400, {"error": "page must be a path: / and up to 199 characters of A-Z a-z 0-9 / _ . -"}
        )
    try:
        count = add_one(request.page) if request.method == "POST" else read_count(request.page)
    except Exception as error:  # noqa: BLE001
        return Answer(500, {"error": "internal error"}, failure=error)
    return Answer(200, {"page": request.page, "count": count})


def read_count(page: str) -> int:
    """The page's count, including every visit answered before; 0 for a page nobody visited."""
    found = _dynamodb().get_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"page": {"S": page}},
        ProjectionExpression="#count",
        ExpressionAttributeNames={"#count": "count"},
        ConsistentRead=True,
    )
    return int(found["Item"]["count"]["N"]) if found.get("Item") else 0


def add_one(page: str) -> int:
    """Add one visit and return the new count: one atomic write, nothing is read first."""
    updated = _dynamodb().update_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"page": {"S": page}},
        UpdateExpression="ADD #count :one",
        ExpressionAttributeNames={"#count": "count"},
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(updated["Attributes"]["count"]["N"])


@functools.cache
def _dynamodb() -> Any:
    """The container's one client. Two attempts of 1.5 s and a pause of 1 s, at most, end before the function's 5 s.

    A retry after a lost answer may count a visit twice; giving up would lose it.
    """
    config = Config(
        connect_timeout=0.5,
        read_timeout=1.0,
        retries={"mode": "standard", "total_max_attempts": 2},
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
    """Lambda's own request id, else API Gateway's."""
    own = getattr(context, "aws_request_id", None)
    return own if isinstance(own, str) else _text(_mapping(event, "requestContext"), "requestId")


def _log(request: Request, answer: Answer, request_id: str, seconds: float) -> None:
    line: dict[str, Any] = {
        "level": "INFO" if answer.failure is None else "ERROR",
        "message": "answered" if answer.failure is None else "failed",
        "request_id": request_id[:LOGGED],
        "method": request.method[:LOGGED],
        "path": request.path[:LOGGED],
        "page": request.page,
        "status": answer.status,
        "duration_ms": round(seconds * 1000, 1),
    }
    if answer.failure is not None:
        line["error"] = f"{type(answer.failure).__name__}: {answer.failure}"
        line["traceback"] = "".join(traceback.format_exception(answer.failure))
    with contextlib.suppress(OSError, ValueError):  # a closed log is no reason to lose the answer
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda imports at full speed and then calls at the speed the memory pays for: make the client now. If that
    # fails, the first request fails again, is answered properly and leaves the reason in the log.
    with contextlib.suppress(Exception):
        _dynamodb()
