"""Terraform's plan JSON -> snapshots. Pure.

`terraform show -json PLAN` carries two pairs: `resource_changes` (live -> configuration) and `resource_drift`
(recorded -> live). What another part owns is left out, and so is what only looks like a difference.
Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from resumectl.plan import REPLACE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    "aws_apigatewayv2_stage": frozenset({"deployment_id"}),
    "aws_dynamodb_table": frozenset({"stream_arn", "stream_label"}),  # outlive the stream
}
_TOLD_BY: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_s3_bucket": {
        "policy": "aws_s3_bucket_policy",
        "versioning": "aws_s3_bucket_versioning",
        "lifecycle_rule": "aws_s3_bucket_lifecycle_configuration",
        "server_side_encryption_configuration": "aws_s3_bucket_server_side_encryption_configuration",
    },
}
"""Attributes that repeat a resource of its own: where there is none, the attribute is all that tells."""


def changes(plan: Mapping[str, Any]) -> tuple[Snapshot, Snapshot]:
    """The live and the wanted side of everything that the plan would change.

    Outputs follow from resources: they are named only when nothing else changes.
    """
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
    if not live and not wanted:
        for name, change in plan.get("output_changes", {}).items():
            _put_output(name, change, live, wanted)
    return live, wanted


def imports(plan: Mapping[str, Any]) -> int:
    """How many resources the plan would take over."""
    return sum("importing" in change["change"] for change in plan.get("resource_changes", ()))


def drift(plan: Mapping[str, Any]) -> tuple[Snapshot, Snapshot]:
    """The recorded and the live side of everything that changed behind Terraform's back."""
    recorded: dict[str, Fields] = {}
    live: dict[str, Fields] = {}
    known = _known(plan)
    for change in plan.get("resource_drift", ()):
        before, after = (_without_repeated(side, change["type"], known) for side in _sides(change))
        if change["change"]["actions"] == ["delete"]:
            recorded[_key(change)] = before
        elif before != after:
            recorded[_key(change)], live[_key(change)] = before, after
    return recorded, live


def _key(change: Mapping[str, Any]) -> str:
    """The address; an object that a failed replacement left behind has the same one as its successor."""
    address: str = change["address"]
    return f"{address} (deposed {change['deposed']})" if "deposed" in change else address


def _known(plan: Mapping[str, Any]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The resources of the root module by type, those that are gone too: their attributes."""
    known: dict[str, list[Mapping[str, Any]]] = {}
    for found in plan.get("prior_state", {}).get("values", {}).get("root_module", {}).get("resources", ()):
        known.setdefault(found["type"], []).append(found["values"])
    for change in plan.get("resource_drift", ()):
        known.setdefault(change["type"], []).append(change["change"].get("before") or {})
    return known


def _without_repeated(side: Fields, type_: str, known: Mapping[str, Sequence[Mapping[str, Any]]]) -> Fields:
    """What resources of their own tell is left out: settings of a bucket, inline policies of a role."""
    repeated = {name for name, teller in _TOLD_BY.get(type_, {}).items() if teller in known}
    kept = {name: value for name, value in side.items() if name not in repeated}
    if "inline_policy" in kept:
        ours = {policy.get("name") for policy in known.get("aws_iam_role_policy", ())}
        kept["inline_policy"] = [policy for policy in kept["inline_policy"] if policy.get("name") not in ours]
    return {name: value for name, value in kept.items() if not _empty(value)}


def _sides(change: Mapping[str, Any]) -> tuple[Fields, Fields]:
    ignored = _OWNED_BY_FUNCTION.get(change["type"], frozenset()) | _TELLS_NOTHING.get(change["type"], frozenset())
    body = change["change"]
    before = _fields(body.get("before"), body.get("before_sensitive"), ignored)
    after = _fields(body.get("after"), body.get("after_sensitive"), ignored)
    unknown = {key: UNKNOWN for key, value in (body.get("after_unknown") or {}).items() if _any(value)}
    return before, {**after, **{key: value for key, value in unknown.items() if key not in ignored}}


def _marked(before: Fields, after: Fields, actions: list[str]) -> Fields:
    """The wanted side; a replacement says so, an update leaves out what it merely cannot know yet."""
    if "create" in actions and "delete" in actions:
        return {**after, REPLACE: True}
    settled = {key: before[key] if value == UNKNOWN and key in before else value for key, value in after.items()}
    return settled if "update" in actions and settled != before else after


def _put_output(name: str, change: Mapping[str, Any], live: dict[str, Fields], wanted: dict[str, Fields]) -> None:
    actions = change["actions"]
    if actions == ["no-op"]:
        return
    if actions != ["create"]:
        live[f"output.{name}"] = {"value": _shown(change.get("before"), change.get("before_sensitive"))}
    if actions != ["delete"]:
        after = _shown(change.get("after"), change.get("after_sensitive"))
        wanted[f"output.{name}"] = {"value": UNKNOWN if _any(change.get("after_unknown")) else after}


def _fields(values: Mapping[str, Any] | None, sensitive: object, ignored: frozenset[str]) -> Fields:
    kept = {key: _settled(value) for key, value in (values or {}).items() if key not in ignored}
    marks = sensitive if isinstance(sensitive, dict) else dict.fromkeys(kept, sensitive)
    return {key: _shown(value, marks.get(key)) for key, value in kept.items() if not _empty(value)}


def _settled(value: Any) -> Any:
    """The value without what is empty: a provider gives `null`, "", [] and {} back in any of these forms."""
    if isinstance(value, dict):
        return {key: kept for key, item in value.items() if not _empty(kept := _settled(item))}
    if isinstance(value, list):
        return [kept for item in value if not _empty(kept := _settled(item))]
    return value


def _empty(value: object) -> bool:
    """None, "", [] and {} are nothing; 0 and False are values."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def _shown(value: Any, sensitive: object) -> Any:
    """The value, or, where any of it is sensitive, something that differs when it differs and tells nothing else."""
    if not _any(sensitive):
        return value
    return f"(sensitive {hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]})"


def _any(mark: object) -> bool:
    """Whether a mark (true, or lists and mappings of marks) is set anywhere."""
    if isinstance(mark, dict):
        return any(_any(item) for item in mark.values())
    return any(_any(item) for item in mark) if isinstance(mark, list) else bool(mark)
