"""What of CloudFront has no tags: origin access controls and response headers policies.

A name can be used once in an account; the description may say whose it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws


class Untagged:
    """The access controls and headers policies of one account, by id."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self.access_controls: dict[str, dict[str, Any]] = {}
        self.headers_policies: dict[str, dict[str, Any]] = {}

    def create_origin_access_control(self, OriginAccessControlConfig: Any) -> dict[str, Any]:
        config = OriginAccessControlConfig
        self._require_new(self.access_controls, config["Name"], "OriginAccessControlAlreadyExists")
        id_ = f"A{self._aws.number('access control'):013d}"
        self.access_controls[id_] = {"Id": id_, "Description": "", **config}
        shown = {"Id": id_, "OriginAccessControlConfig": config}
        return {"OriginAccessControl": shown, "ETag": self._etag()}

    def list_origin_access_controls(self, Marker: str = "", **_: Any) -> dict[str, Any]:
        return {"OriginAccessControlList": self._page(self.access_controls, Marker)}

    def create_response_headers_policy(self, ResponseHeadersPolicyConfig: Any) -> dict[str, Any]:
        config = ResponseHeadersPolicyConfig
        taken = "ResponseHeadersPolicyAlreadyExists"
        self._require_new(self.headers_policies, config["Name"], taken)
        id_ = f"H{self._aws.number('headers policy'):013d}"
        policy = {
            "Id": id_,
            "LastModifiedTime": self._aws.clock.now(),
            "ResponseHeadersPolicyConfig": config,
        }
        self.headers_policies[id_] = {"Name": config["Name"], "policy": policy}
        return {"ResponseHeadersPolicy": policy, "ETag": self._etag()}

    def list_response_headers_policies(
        self, Type: str = "custom", Marker: str = "", **_: Any
    ) -> dict[str, Any]:
        page = self._page(self.headers_policies, Marker)
        rows = page.pop("Items", [])
        items = [{"Type": "custom", "ResponseHeadersPolicy": row["policy"]} for row in rows]
        page.pop("IsTruncated")
        return {"ResponseHeadersPolicyList": {**page, **({"Items": items} if items else {})}}

    def _require_new(self, known: dict[str, dict[str, Any]], name: str, code: str) -> None:
        if any(row["Name"] == name for row in known.values()):
            raise Refusal(code, f"{name} exists already.")

    def _page(self, known: dict[str, dict[str, Any]], marker: str) -> dict[str, Any]:
        left = [id_ for id_ in sorted(known) if id_ > marker]
        items = [known[id_] for id_ in left[: self._aws.page]]
        more = {"NextMarker": left[self._aws.page - 1]} if left[self._aws.page :] else {}
        shown = {"MaxItems": 100, "IsTruncated": bool(more), "Quantity": len(items)}
        return {**shown, **({"Items": items} if items else {}), **more}

    def _etag(self) -> str:
        return f"ETAG{self._aws.number('cloudfront etag'):010d}"
