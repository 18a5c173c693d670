"""The visitor counter: one number per page in DynamoDB, behind an API Gateway HTTP API.

    GET  /api/count?page=/  ->  200 {"page": "/", "count": 41}    reads the count; 0 without visits
    POST /api/count?page=/  ->  200 {"page": "/", "count": 42}    adds one, atomically

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
    response = respond(request)
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


def respond(request: Request) -> Response:
    """Route the request. An exception becomes a 500 without details."""
    if request.path != PATH:
        return Response(404, {"error": "not found"})
    if request.method not in METHODS:
        return Response(405, {"error": "method not allowed"}, allow=", ".join(METHODS))
    if request.page is None:
        return Response(
            400, {"error": "page must be a path: / and up to 199 characters of A-Z a-z 0-9 / _ . -"}
        )
    try:
        count = add_one(request.page) if request.method == "POST" else read_count(request.page)
    except Exception as error:  # noqa: BLE001
        return Response(500, {"error": "internal error"}, failure=error)
    return Response(200, {"page": request.page, "count": count})


def read_count(page: str) -> int:
    """The count of the page; 0 if it was never visited. A consistent read."""
    response = _dynamodb().get_item(
        TableName=os.environ["TABLE_NAME"],
        Key={"page": {"S": page}},
        ProjectionExpression="#count",
        ExpressionAttributeNames={"#count": "count"},
        ConsistentRead=True,
    )
    return int(response["Item"]["count"]["N"]) if response.get("Item") else 0


def add_one(page: str) -> int:
    """Add one visit in one atomic update, and return the new count."""
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
    """The client of this execution environment.

    Two attempts of at most 1.5 s and a pause of at most 1 s fit into the function's timeout of 5 s.
    A retry after a lost response can count a visit twice; without it the visit could be lost.
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
