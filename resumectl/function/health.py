"""The health check: call a version as API Gateway would, before it gets any traffic."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from resumectl.disclosure import scrubbed
from resumectl.errors import SmokeFailed
from resumectl.function.handler import VARIABLES

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.backoff import Backoff

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
"""Reads the count of the reserved page, which changes nothing."""


def check_health(client: Client, name: str, version: str, backoff: Backoff) -> None:
    """Call a version until it responds properly.

    A version that raises is broken. A 5xx is retried: new permissions of the function's role take
    some seconds to reach the table.

    Raises:
        SmokeFailed: the version does not work; the message quotes the reason from its log.
    """
    reason = ""
    for _ in backoff.attempts():
        response = client.invoke(
            FunctionName=name,
            Qualifier=version,
            InvocationType="RequestResponse",
            LogType="Tail",
            Payload=json.dumps(EVENT).encode(),
        )
        payload = _json(response["Payload"].read())
        if response.get("FunctionError"):
            raise _unhealthy(client, name, version, _raised(payload))
        if _status(payload) < BROKEN:
            return
        reason = _logged(response.get("LogResult", "")) or f"it returned {_status(payload)}"
    raise _unhealthy(client, name, version, reason)


def _unhealthy(client: Client, name: str, version: str, reason: str) -> SmokeFailed:
    reason = " ".join(_discreet(client, name, version, reason).split())[:300]
    return SmokeFailed(
        f"Version {version} of {name} does not work: {reason}",
        hint="The alias still serves the previous version. Fix the code and deploy again.",
        code="unhealthy",
    )


def _discreet(client: Client, name: str, version: str, reason: str) -> str:
    """The reason without the function's variables: exceptions quote what they got."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        response = client.get_function_configuration(FunctionName=name, Qualifier=version)
    except (BotoCoreError, ClientError):
        return "the reason is in its log"
    variables = (response.get("Environment") or {}).get("Variables") or {}
    return scrubbed(reason, [value for key, value in variables.items() if key not in VARIABLES])


def _raised(payload: Mapping[str, Any]) -> str:
    parts = [str(payload[key]) for key in ("errorType", "errorMessage") if payload.get(key)]
    return ": ".join(parts) or "it failed without a message"


def _status(payload: Mapping[str, Any]) -> int:
    """The status as API Gateway reads it: 200 if missing, an error if not a number."""
    try:
        return int(payload.get("statusCode", 200))
    except (TypeError, ValueError):
        return BROKEN


def _logged(tail: str) -> str | None:
    """The error in the last structured log line that has one."""
    lines = (_json(line) for line in reversed(base64.b64decode(tail).splitlines()))
    return next((str(line["error"]) for line in lines if line.get("error")), None)


def _json(text: bytes) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
