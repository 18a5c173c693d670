"""Where MiniStack differs from AWS in a way that breaks Terraform, or that breaks resumectl."""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Correct all of them."""
    _correct_updates_of_functions()
    _correct_tags_of_apis()
    _correct_conditions_of_copies()


def _correct_updates_of_functions() -> None:
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


def _correct_tags_of_apis() -> None:
    """Show the tags of an API or a stage in GetApi and GetStage after they changed, as AWS does.

    Without that, every plan sets them again.
    """
    from ministack.services import apigateway

    def showing(change: Any) -> Any:
        def corrected(arn: str, *arguments: Any) -> Any:
            response = change(arn, *arguments)
            canonical, error = apigateway._validate_tag_resource_arn(arn)  # noqa: SLF001
            if not error:
                _show_tags(apigateway, canonical)
            return response

        return corrected

    for name in ("_tag_resource", "_untag_resource"):
        setattr(apigateway, name, showing(getattr(apigateway, name)))


def _show_tags(apigateway: Any, arn: str) -> None:
    tags = apigateway._tag_store(arn).get(arn, {})  # noqa: SLF001
    for api_id, api in apigateway._apis.items():  # noqa: SLF001
        stages = apigateway._stages.get(api_id, {})  # noqa: SLF001
        shown = {apigateway._api_arn(api_id): api}  # noqa: SLF001
        for name, stage in stages.items():
            shown[apigateway._api_resource_arn(api_id, "stages", name)] = stage  # noqa: SLF001
        if arn in shown:
            shown[arn]["tags"] = dict(tags)


def _correct_conditions_of_copies() -> None:
    """Refuse a copy whose condition on the object in its place does not hold, as S3 does."""
    from ministack.services import s3

    copy = s3._copy_object  # noqa: SLF001

    def corrected(bucket: str, key: str, headers: dict[str, str]) -> Any:
        objects = (s3._ensure_bucket(bucket) or {}).get("objects", {})  # noqa: SLF001
        refusal = s3._check_put_preconditions(headers, objects.get(key))  # noqa: SLF001
        return refusal or copy(bucket, key, headers)

    s3._copy_object = corrected  # noqa: SLF001
