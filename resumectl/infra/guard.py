"""What a plan of the infrastructure would lose, and what refuses to be deleted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from resumectl.plan import resource_type

if TYPE_CHECKING:
    from resumectl.plan import Change

_HOLDS_DATA: Final = {
    "aws_dynamodb_table": "the visitor counter's table and every count in it",
    "aws_s3_bucket": "a bucket and every object and version in it",
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


def protected(deletions: Iterable[Change]) -> list[str]:
    """The addresses that refuse to be deleted.

    AWS refuses a table with deletion protection, Terraform a bucket that is not empty.
    """
    live = {change.key: change.before or {} for change in deletions}
    tables = [key for key, fields in live.items() if fields.get("deletion_protection_enabled")]
    buckets = [key for key in live if resource_type(key) == "aws_s3_bucket"]
    return tables + [key for key in buckets if not live[key].get("force_destroy")]
