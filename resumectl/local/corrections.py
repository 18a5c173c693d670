"""Where MiniStack answers otherwise than AWS, and Terraform minds."""

from __future__ import annotations

from typing import Any


def provide() -> None:
    """Name the header of CloudFront's UpdateFunction as AWS does: `ETtag`. Clients look for nothing else.

    Without it the provider cannot publish what it has just updated, and the old function goes on answering.
    """
    from ministack.services import cloudfront

    update = cloudfront._cf_update_function  # noqa: SLF001

    def corrected(*arguments: Any) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = update(*arguments)
        return status, {**headers, "ETtag": headers["ETag"]} if "ETag" in headers else headers, body

    cloudfront._cf_update_function = corrected  # noqa: SLF001
