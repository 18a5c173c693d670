"""The vocabulary of every renderer: parts, states, actions, kinds of drift, times and sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    Document = Mapping[str, Any]

SIGN: Final = {"create": "+", "update": "~", "delete": "-", "replace": "!"}
TO_DO: Final = {
    "create": "to create",
    "update": "to change",
    "delete": "to delete",
    "replace": "to replace",
}
DONE: Final = {"create": "created", "update": "changed", "delete": "deleted", "replace": "replaced"}

_TITLES: Final = {"infra": "Infrastructure", "function": "Function", "site": "Site"}
_STAYS: Final = {"data": "the counter's data"}
_LIVE: Final = {"verified": "is live and verified", "unverified": "is live but unverified"}
_KINDS: Final = {"object": "content"}
_SERVICES: Final = {
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
_FIELDS: Final = {
    "sha256": "content",
    "content_type": "Content-Type",
    "cache_control": "Cache-Control",
}
_UNMANAGED: Final = {
    "attached-policy": "attached policy",
    "authorizer": "API authorizer",
    "event-source": "event source",
    "function-url": "function URL",
    "instance-profile": "instance profile",
    "integration": "API integration",
    "invoke-config": "settings of asynchronous calls",
    "metric-filter": "metric filter",
    "monitoring": "additional metrics of",
    "provisioned-concurrency": "provisioned concurrency",
    "recursion": "lifted limit of loops",
    "role-policy": "inline policy",
    "route": "API route",
    "runtime-updates": "settings of runtime updates",
    "stage": "API stage",
    "statement": "permission",
    "subscriber": "subscriber of alarms",
    "subscription-filter": "subscription filter",
    "table-insights": "contributor insights",
    "table-policy": "policy of table",
    "table-stream": "Kinesis stream of the table",
}
_FUNCTION: Final = {"live": "code behind alias live", "$LATEST": "unpublished code ($LATEST)"}
_UNIT: Final = 1000


def title(part: str) -> str:
    """A part as a heading; also one that this table does not know."""
    return _TITLES.get(part, part.capitalize())


def by_part(changes: Iterable[Document]) -> dict[str, list[Document]]:
    """The changes under the title of their part, in the order in which the parts appear."""
    groups: dict[str, list[Document]] = {}
    for change in changes:
        groups.setdefault(title(change["part"]), []).append(change)
    return groups


def state(release: Document) -> str:
    """How a release ended: verified, unverified, destroyed, or where it failed."""
    if release["status"] != "failed":
        return str(release["status"])
    step, release_before = release.get("failed_step"), release.get("taken_back_to")
    failed = f"failed at {step}" if step else "failed"
    if release.get("lock_lost"):
        return f"{failed}, lock lost"
    if release.get("interrupted"):
        return f"{failed}, interrupted"
    return f"{failed}, taken back to #{release_before}" if release_before else failed


def ending(release: Document) -> str:
    """The same as the end of a sentence that begins with `Release #7`."""
    return _LIVE.get(release["status"]) or state(release)


def check(check: Document) -> str:
    """How a check ended: passed, failed or unseen. Records of older releases do not tell `seen`."""
    if not check.get("seen", True):
        return "unseen"
    return "passed" if check["ok"] else "failed"


def ended(checks: Iterable[Document]) -> str:
    """`all 9 checks passed`, `2 of 9 checks failed` or `9 of 9 checks got no answer`."""
    results = [check(each) for each in checks]
    total = many(len(results), "check")
    if "failed" in results:
        return f"{results.count('failed')} of {total} failed"
    if "unseen" in results:
        return f"{results.count('unseen')} of {total} got no answer"
    return f"all {total} passed" if results else "no checks"


def standing(counts: Mapping[str, int | None]) -> str:
    """A part in `status`: `2 to deploy, 1 drifted`, or `in sync`."""
    waiting, drifted = counts["to_deploy"], counts["drifted"]
    facts = [f"{waiting} to deploy"] if waiting else []
    if waiting is None:
        facts.append("cannot be built")
    if drifted is None:
        facts.append("drift unknown")
    elif drifted:
        facts.append(f"{drifted} drifted")
    return ", ".join(facts) or "in sync"


def unseen(looks: Iterable[Document]) -> str:
    """What could not be looked at: `role policies (iam:ListRolePolicies denied)`."""
    return ", ".join(f"{look['what']} ({look['action']} {look['why']})" for look in looks)


def staying(names: Sequence[str]) -> str:
    """What a rollback leaves alone: `infrastructure and the counter's data`."""
    *others, last = [_STAYS.get(name) or title(name).lower() for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def kind(name: str) -> str:
    """A kind of drift."""
    return _KINDS.get(name, name)


def thing(change: Document) -> str:
    """What a change is about: `aws_s3_bucket.site` -> `S3 bucket site`."""
    part: str = change["part"]
    key: str = change["key"]
    if part == "function":
        return _FUNCTION.get(key, key)
    if part != "infra":
        return key
    if change.get("kind") == "state":
        return "Terraform state"
    if change.get("kind") == "unmanaged":
        name, _, rest = key.partition(" ")
        return f"{_UNMANAGED.get(name, name)} {rest}".rstrip()
    return _resource(key)


def _resource(address: str) -> str:
    type_, dot, name = address.partition(".")
    words = [_SERVICES.get(word, word) for word in type_.removeprefix("aws_").split("_")]
    return f"{' '.join(words)} {name}" if dot else address


def field(name: str) -> str:
    """The name of a field, as people know it."""
    return _FIELDS.get(name, name)


def differing(fields: Iterable[str]) -> str:
    """In which fields a change differs. One in `published` is about code that is not, yet."""
    return ", ".join("not published yet" if name == "published" else field(name) for name in fields)


def counts(changes: Iterable[Document], words: Mapping[str, str] = TO_DO) -> str:
    """`3 to create, 1 to change`; with `DONE`, `3 created, 1 changed`."""
    actions = [change["action"] for change in changes]
    return ", ".join(
        f"{actions.count(action)} {word}" for action, word in words.items() if action in actions
    )


def many(count: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def size(count: float) -> str:
    """Bytes in decimal units: `3.1 kB`."""
    for unit in ("B", "kB", "MB"):
        if round(count, 1) < _UNIT:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _UNIT
    return f"{count:.1f} GB"


def age(time: str, now: datetime) -> str:
    """How long ago an ISO 8601 time was: `3 h`."""
    seconds = (now - datetime.fromisoformat(time)).total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def short(text: str, width: int) -> str:
    """A text on one line, at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
