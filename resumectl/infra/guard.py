"""What a plan of the infrastructure would lose, and what refuses to be deleted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from resumectl.plan import resource_type

if TYPE_CHECKING:
    from resumectl.infra.state import State
    from resumectl.plan import Change

TABLE: Final = "aws_dynamodb_table"
_BUCKET: Final = "aws_s3_bucket"
_HOLDS_DATA: Final = {
    TABLE: "the visitor counter's table and every count in it",
    _BUCKET: "a bucket and every object and version in it",
    "aws_cloudfront_distribution": "the distribution, and with it the site's address",
}


def losses(changes: Iterable[Change]) -> list[str]:
    """What applying the changes would lose, one line each; empty if it is safe."""
    return [
        f"{change.key} would be {change.action}d: {_HOLDS_DATA[kind]}"
        for change in changes
        if change.action in ("delete", "replace")
        and (kind := resource_type(change.key)) in _HOLDS_DATA
    ]


def gone(changes: Iterable[Change], state: State) -> dict[str, str]:
    """The tables that were deleted and would be created empty: name by address.

    After a failed deploy, Terraform's state may have forgotten one; the release has not.
    """
    known = {resource.address for resource in state.resources} | state.released
    return {
        change.key: str((change.after or {}).get("name"))
        for change in changes
        if change.action == "create" and change.key in known and resource_type(change.key) == TABLE
    }


def deleted(changes: Iterable[Change]) -> tuple[dict[str, str], list[str]]:
    """Of deleted resources, the tables (name by address) and the addresses of buckets."""
    last = {change.key: change.before or {} for change in changes if change.after is None}
    tables = {key: str(last[key].get("name")) for key in last if resource_type(key) == TABLE}
    return tables, [key for key in last if resource_type(key) == _BUCKET]


def protected(deletions: Iterable[Change]) -> list[str]:
    """The addresses that refuse to be deleted.

    AWS refuses a table with deletion protection, Terraform a bucket that is not empty.
    """
    live = {change.key: change.before or {} for change in deletions}
    tables = [key for key, fields in live.items() if fields.get("deletion_protection_enabled")]
    buckets = [key for key in live if resource_type(key) == _BUCKET]
    return tables + [key for key in buckets if not live[key].get("force_destroy")]
