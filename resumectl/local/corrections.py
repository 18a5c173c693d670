"""Where MiniStack's responses differ from AWS's in a way that breaks Terraform."""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Give the response of CloudFront's UpdateFunction the header `ETtag`, AWS's own misspelling.

    Without it the provider cannot publish the function it just updated, and the old one stays live.
    """
    from ministack.services import cloudfront

    update = cloudfront._cf_update_function  # noqa: SLF001

    def corrected(*arguments: Any) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = update(*arguments)
        if "ETag" in headers:
            headers = {**headers, "ETtag": headers["ETag"]}
        return status, headers, body

    cloudfront._cf_update_function = corrected  # noqa: SLF001
