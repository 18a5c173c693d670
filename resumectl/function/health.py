"""Does a version work? It is called once, as API Gateway would, before any traffic reaches it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from resumectl.errors import SmokeFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resumectl.aws import Client
    from resumectl.function.settling import Patience

BROKEN: Final = 500
EVENT: Final = {
    "version": "2.0",
    "routeKey": "GET /api/count",
    "rawPath": "/api/count",
    "rawQueryString": "page=/_smoke",
    "queryStringParameters": {"page": "/_smoke"},
    "headers": {"user-agent": "resumectl"},
    "requestContext": {
        "http": {
            "method": "GET",
            "path": "/api/count",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "resumectl",
        },
        "requestId": "resumectl-health-check",
        "routeKey": "GET /api/count",
        "stage": "$default",
    },
    "isBase64Encoded": False,
}
"""Reads the count of the page that is set aside for this: it changes nothing."""


def check_health(client: Client, name: str, version: str, patience: Patience) -> None:
    """Call a version.

    A version that raises is broken. One that answers 5xx is asked again for a little while: in a new account the
    permissions of its role take some seconds to reach the table.

    Raises:
        SmokeFailed: it does not work; the message says why, from its own log.
    """
    reason = ""
    for _ in patience.attempts():
        answer = client.invoke(
            FunctionName=name,
            Qualifier=version,
            InvocationType="RequestResponse",
            LogType="Tail",
            Payload=json.dumps(EVENT).encode(),
        )
        payload = _json(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise _unhealthy(name, version, _raised(payload))
        if _status(payload) < BROKEN:
            return
        reason = _logged(answer.get("LogResult", "")) or f"it answered {_status(payload)}"
    raise _unhealthy(name, version, reason)


def _unhealthy(name: str, version: str, reason: str) -> SmokeFailed:
    return SmokeFailed(
        f"Version {version} of {name} does not work: {_line(reason)}",
        hint="What was live still is. Fix the code and deploy again.",
        code="unhealthy",
    )


def _raised(payload: Mapping[str, Any]) -> str:
    said = [str(payload[key]) for key in ("errorType", "errorMessage") if payload.get(key)]
    return ": ".join(said) or "it failed without saying why"


def _status(payload: Mapping[str, Any]) -> int:
    """As API Gateway reads an answer: without a status it is 200, and one that is no number is a bad answer."""
    try:
        return int(payload.get("statusCode", 200))
    except (TypeError, ValueError):
        return BROKEN


def _logged(tail: str) -> str | None:
    """The error in the last structured line of a log that has one."""
    lines = (_json(line) for line in reversed(base64.b64decode(tail).splitlines()))
    return next((str(line["error"]) for line in lines if line.get("error")), None)


def _json(text: bytes) -> dict[str, Any]:
    """A JSON object; empty when it is anything else."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
