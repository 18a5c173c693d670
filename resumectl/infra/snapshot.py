"""Terraform's plan JSON -> snapshots. Pure.

`terraform show -json PLAN` carries two pairs: `resource_changes` (live -> configuration) and
`resource_drift` (recorded -> live). Left out are attributes of other parts, and those whose change
means nothing.
Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from resumectl.disclosure import digest, shown, texts
from resumectl.infra.harmless import ATTRIBUTES
from resumectl.plan import REPLACE, UNKNOWN

if TYPE_CHECKING:
    from resumectl.plan import Fields, Snapshot

_OWNED_BY_FUNCTION: Final[Mapping[str, frozenset[str]]] = {
    "aws_lambda_function": frozenset(
        [
            "filename",
            "source_code_hash",
            "code_sha256",
            "source_code_size",
            "s3_bucket",
            "s3_key",
            "s3_object_version",
            "image_uri",
            "last_modified",
            "version",
            "qualified_arn",
            "qualified_invoke_arn",
            "publish",
        ]
    ),
    "aws_lambda_alias": frozenset({"function_version", "routing_config"}),
}
_TELLS_NOTHING: Final[Mapping[str, frozenset[str]]] = {
    "aws_cloudfront_distribution": frozenset(
        {"etag", "last_modified_time", "status", "in_progress_validation_batches"}
    ),
    "aws_cloudfront_function": frozenset({"etag", "live_stage_etag", "status"}),
    "aws_cloudfront_response_headers_policy": frozenset({"etag"}),
    "aws_cloudfront_origin_access_control": frozenset({"etag"}),
    "aws_acm_certificate": frozenset(  # ACM renews it by itself
        ["not_after", "not_before", "pending_renewal", "renewal_eligibility", "renewal_summary"]
    ),
    "aws_apigatewayv2_stage": frozenset({"deployment_id"}),
    "aws_dynamodb_table": frozenset({"stream_arn", "stream_label"}),  # outlive the stream
    "aws_sns_topic_subscription": frozenset(  # the owner of the address confirms it
        ["confirmation_was_authenticated", "pending_confirmation"]
    ),
}
_SETTLES: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    # Issued is what becomes of a pending certificate. Any other status is a difference.
    "aws_acm_certificate": {"status": {"PENDING_VALIDATION": "ISSUED"}},
}
"""By type and attribute: what a value becomes without anybody changing it."""
_TOLD_ELSEWHERE: Final[Mapping[str, frozenset[str]]] = {
    "aws_s3_bucket": frozenset(
        [
            *("policy", "versioning", "server_side_encryption_configuration"),
            *("cors_rule", "lifecycle_rule", "logging", "replication_configuration"),
            *("website", "website_domain", "website_endpoint"),
            *("acceleration_status", "request_payer"),
        ]
    ),
    "aws_iam_role": frozenset({"inline_policy", "managed_policy_arns"}),
}
"""What a resource of its own repeats, in the state or only in AWS (see `inventory`)."""
_NAMES: Final = frozenset(f".{path}" for path in ATTRIBUTES)
_TIMES: Final = ("last_modified", "last_modified_time")


def changes(plan: Mapping[str, Any]) -> tuple[Snapshot, Snapshot]:
    """The live and the wanted side of every resource that the plan would change."""
    live: dict[str, Fields] = {}
    wanted: dict[str, Fields] = {}
    for change in plan.get("resource_changes", ()):
        actions = change["change"]["actions"]
        if change.get("mode") == "data" or actions in (["no-op"], ["read"]):
            continue
        before, after = _sides(change)
        if "create" not in actions or "delete" in actions:
            live[_key(change)] = before
        if actions != ["delete"]:
            wanted[_key(change)] = _marked(before, after, actions)
    return live, wanted


def outputs(plan: Mapping[str, Any]) -> tuple[Snapshot, Snapshot]:
    """The live and the wanted side of every output that the plan would change."""
    live: dict[str, Fields] = {}
    wanted: dict[str, Fields] = {}
    for name, change in plan.get("output_changes", {}).items():
        _put_output(name, change, live, wanted)
    return live, wanted


def imports(plan: Mapping[str, Any]) -> dict[str, Fields]:
    """Every attribute of the resources that the plan would import, by address."""
    return {
        _key(change): settled(change["change"].get("before") or {})
        for change in plan.get("resource_changes", ())
        if "importing" in change["change"]
    }


def drift(plan: Mapping[str, Any]) -> tuple[Snapshot, Snapshot]:
    """The recorded and the live side of everything that changed behind Terraform's back."""
    recorded: dict[str, Fields] = {}
    live: dict[str, Fields] = {}
    for change in plan.get("resource_drift", ()):
        elsewhere = _TOLD_ELSEWHERE.get(change["type"], frozenset())
        before, after = (
            {k: value for k, value in side.items() if k not in elsewhere} for side in _sides(change)
        )
        if change["change"]["actions"] == ["delete"]:
            recorded[_key(change)] = before
        elif before != after:
            recorded[_key(change)], live[_key(change)] = before, after
    return recorded, live


def secrets(plan: Mapping[str, Any]) -> set[str]:
    """Every text in a plan that is sensitive, or in the environment of a function."""
    hidden: set[str] = set()
    named: set[str] = set()
    for change in (*plan.get("resource_changes", ()), *plan.get("resource_drift", ())):
        for side in ("before", "after"):
            values = change["change"].get(side) or {}
            marks = change["change"].get(f"{side}_sensitive")
            marked = values if marks is True else _marked_values(values, marks)
            hidden |= texts(marked) | texts(values.get("environment"))
            named |= texts(shown(values, "", _NAMES))
    return hidden - named


def _marked_values(values: Mapping[str, Any], marks: object) -> list[Any]:
    table = marks if isinstance(marks, dict) else {}
    return [value for name, value in values.items() if _any(table.get(name))]


def modified(plan: Mapping[str, Any]) -> dict[str, str]:
    """When drifted resources were last modified (ISO 8601), by address, where AWS knows it."""
    times = {
        _key(change): _time(change["change"].get("after") or {})
        for change in plan.get("resource_drift", ())
    }
    return {address: time for address, time in times.items() if time}


def _time(values: Mapping[str, Any]) -> str | None:
    """Lambda: `2026-11-22T10:00:00.000+0000`; CloudFront: `2026-11-22 10:00:00 +0000 UTC`."""
    text = next((str(values[name]) for name in _TIMES if values.get(name)), "")
    try:
        time = datetime.fromisoformat(text.removesuffix(" UTC").replace(" +", "+"))
    except ValueError:
        return None
    return time.isoformat(timespec="seconds")


def _key(change: Mapping[str, Any]) -> str:
    """The address, which a deposed object shares with its successor."""
    address: str = change["address"]
    return f"{address} (deposed {change['deposed']})" if "deposed" in change else address


def _sides(change: Mapping[str, Any]) -> tuple[Fields, Fields]:
    ignored = _OWNED_BY_FUNCTION.get(change["type"], frozenset()) | _TELLS_NOTHING.get(
        change["type"], frozenset()
    )
    body, settles = change["change"], _SETTLES.get(change["type"], {})
    before, after = (
        _fields(_final(body.get(side), settles), body.get(f"{side}_sensitive"), ignored)
        for side in ("before", "after")
    )
    unknown = {
        key: UNKNOWN for key, value in (body.get("after_unknown") or {}).items() if _any(value)
    }
    return before, {**after, **{key: value for key, value in unknown.items() if key not in ignored}}


def _final(
    values: Mapping[str, Any] | None, settles: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Any]:
    """The attributes, with a value that settles by itself as what it becomes."""
    return {
        key: settles[key].get(value, value) if key in settles else value
        for key, value in (values or {}).items()
    }


def _marked(before: Fields, after: Fields, actions: list[str]) -> Fields:
    """The wanted side: a replacement is marked, an update keeps fields that are merely unknown."""
    if "create" in actions and "delete" in actions:
        return {**after, REPLACE: True}
    certain = {
        key: before[key] if value == UNKNOWN and key in before else value
        for key, value in after.items()
    }
    return certain if "update" in actions and certain != before else after


def _put_output(
    name: str, change: Mapping[str, Any], live: dict[str, Fields], wanted: dict[str, Fields]
) -> None:
    actions = change["actions"]
    if actions == ["no-op"]:
        return
    if actions != ["create"]:
        live[f"output.{name}"] = {
            "value": _shown(change.get("before"), change.get("before_sensitive"))
        }
    if actions != ["delete"]:
        after = _shown(change.get("after"), change.get("after_sensitive"))
        wanted[f"output.{name}"] = {
            "value": UNKNOWN if _any(change.get("after_unknown")) else after
        }


def settled(values: Mapping[str, Any]) -> Fields:
    """A resource's attributes in the form that they have in every snapshot."""
    return {key: some for key, value in values.items() if not _empty(some := _settled(value))}


def _fields(values: Mapping[str, Any] | None, sensitive: object, ignored: frozenset[str]) -> Fields:
    fields = {key: value for key, value in settled(values or {}).items() if key not in ignored}
    marks = sensitive if isinstance(sensitive, dict) else dict.fromkeys(fields, sensitive)
    return {key: _shown(value, marks.get(key)) for key, value in fields.items()}


def _settled(value: Any) -> Any:
    """The value without what is empty: providers return nothing as null, "", [] or {}."""
    if isinstance(value, dict):
        return {key: some for key, item in value.items() if not _empty(some := _settled(item))}
    if isinstance(value, list):
        return [some for item in value if not _empty(some := _settled(item))]
    return value


def _empty(value: object) -> bool:
    """Whether it is None, "", [] or {}; 0 and False are values."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def _shown(value: Any, sensitive: object) -> Any:
    """The value; if any of it is sensitive, a digest that tells only whether it differs."""
    return digest(value) if _any(sensitive) else value


def _any(mark: object) -> bool:
    """Whether a mark (true, or lists and mappings of marks) is set anywhere."""
    if isinstance(mark, dict):
        return any(_any(item) for item in mark.values())
    return any(_any(item) for item in mark) if isinstance(mark, list) else bool(mark)
