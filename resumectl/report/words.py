"""Changes, times and sizes in a person's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PART: Final = {"infra": "Infrastructure", "function": "Function", "site": "Site"}
SIGN: Final = {"create": "+", "update": "~", "delete": "-", "replace": "!"}
TO_DO: Final = {
    "create": "to create",
    "update": "to change",
    "delete": "to delete",
    "replace": "to replace",
}
DONE: Final = {"create": "created", "update": "changed", "delete": "deleted", "replace": "replaced"}

_NAMES: Final = {
    "acm": "ACM",
    "api": "API",
    "apigatewayv2": "API Gateway",
    "cloudfront": "CloudFront",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB",
    "iam": "IAM",
    "lambda": "Lambda",
    "route53": "Route 53",
    "s3": "S3",
    "sns": "SNS",
}
_STEP: Final = 1000
_FIELDS: Final = {
    "sha256": "content",
    "content_type": "Content-Type",
    "cache_control": "Cache-Control",
    "published": "not published yet",
    "settings": "settings",
}
_UNMANAGED: Final = {
    "alias": "alias",
    "attached-policy": "attached policy",
    "bucket": "bucket's",
    "function-url": "function's address",
    "role-policy": "role's policy",
    "route": "API route",
    "stage": "API stage",
    "statement": "permission",
}
_FUNCTION: Final = {"live": "code behind the alias live", "$LATEST": "unpublished code ($LATEST)"}


def thing(part: str, key: str) -> str:
    """What a change is about: `aws_s3_bucket.site` -> `S3 bucket site`."""
    if part == "function":
        return _FUNCTION.get(key, key)
    kind, _, name = key.partition(" ")
    if part == "infra" and name and kind in _UNMANAGED:
        return f"{_UNMANAGED[kind]} {name}"
    if part == "site" or "." not in key:
        return key
    type_, name = key.split(".", 1)
    words = [_NAMES.get(word, word) for word in type_.removeprefix("aws_").split("_")]
    return f"{' '.join(words)} {name}"


def differing(fields: Iterable[str]) -> str:
    """What differs, in words."""
    return ", ".join(_FIELDS.get(name, name) for name in fields)


def counts(changes: Iterable[Mapping[str, Any]], said: Mapping[str, str] = TO_DO) -> str:
    """`3 to create, 1 to change`; with `DONE`, `3 created, 1 changed`."""
    actions = [change["action"] for change in changes]
    return ", ".join(
        f"{actions.count(action)} {word}" for action, word in said.items() if action in actions
    )


def size(count: float) -> str:
    """Bytes for a person: `3.1 kB`."""
    for unit in ("B", "kB", "MB"):
        if round(count, 1) < _STEP:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _STEP
    return f"{count:.1f} GB"


def age(time: str) -> str:
    """How long ago: `3 h`."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def short(text: str, width: int) -> str:
    """A text on one line; only the beginning of one that is too long."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
