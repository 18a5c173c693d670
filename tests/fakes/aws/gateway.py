"""API Gateway: HTTP APIs with their routes, stages and integrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.aws.refusal import Refusal

if TYPE_CHECKING:
    from tests.fakes.aws.world import Aws


class ApiGateway:
    def __init__(self, aws: Aws, account: str, region: str) -> None:
        self._aws, self._region = aws, region
        self.apis: dict[str, dict[str, Any]] = {}
        self.parts: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    def create_api(self, Name: str, ProtocolType: str, **given: Any) -> dict[str, Any]:
        id_ = f"a{self._aws.number('api'):09d}"
        endpoint = f"https://{id_}.execute-api.{self._region}.amazonaws.com"
        named = {"ApiId": id_, "Name": Name, "ProtocolType": ProtocolType, "ApiEndpoint": endpoint}
        self.apis[id_] = {**named, "Tags": given.get("Tags", {})}
        return dict(self.apis[id_])

    def get_api(self, ApiId: str) -> dict[str, Any]:
        if ApiId not in self.apis:
            raise Refusal("NotFoundException", f"Unable to find API by ID {ApiId}.")
        return dict(self.apis[ApiId])

    def update_api(self, ApiId: str, **given: Any) -> dict[str, Any]:
        self.get_api(ApiId)
        self.apis[ApiId].update(given)
        return dict(self.apis[ApiId])

    def delete_api(self, ApiId: str) -> None:
        self.get_api(ApiId)
        del self.apis[ApiId]

    def get_apis(self, **given: Any) -> dict[str, Any]:
        return self._page(list(self.apis.values()), given)

    def create_route(self, ApiId: str, **given: Any) -> dict[str, Any]:
        return self._add(ApiId, "Route", given)

    def create_integration(self, ApiId: str, **given: Any) -> dict[str, Any]:
        return self._add(ApiId, "Integration", given)

    def create_stage(self, ApiId: str, StageName: str, **given: Any) -> dict[str, Any]:
        self.get_api(ApiId)
        stage = {"StageName": StageName, **given}
        self._of(ApiId, "Stage")[StageName] = stage
        return dict(stage)

    def get_routes(self, ApiId: str, **given: Any) -> dict[str, Any]:
        self.get_api(ApiId)
        return self._page(list(self._of(ApiId, "Route").values()), given)

    def get_integrations(self, ApiId: str, **given: Any) -> dict[str, Any]:
        self.get_api(ApiId)
        return self._page(list(self._of(ApiId, "Integration").values()), given)

    def get_stages(self, ApiId: str, **given: Any) -> dict[str, Any]:
        self.get_api(ApiId)
        return self._page(list(self._of(ApiId, "Stage").values()), given)

    def delete_route(self, ApiId: str, RouteId: str) -> None:
        self._remove(ApiId, "Route", RouteId)

    def delete_stage(self, ApiId: str, StageName: str) -> None:
        self._remove(ApiId, "Stage", StageName)

    def create_authorizer(self, ApiId: str, **given: Any) -> dict[str, Any]:
        return self._add(ApiId, "Authorizer", given)

    def get_authorizers(self, ApiId: str, **given: Any) -> dict[str, Any]:
        self.get_api(ApiId)
        return self._page(list(self._of(ApiId, "Authorizer").values()), given)

    def delete_authorizer(self, ApiId: str, AuthorizerId: str) -> None:
        self._remove(ApiId, "Authorizer", AuthorizerId)

    def delete_integration(self, ApiId: str, IntegrationId: str) -> None:
        self._remove(ApiId, "Integration", IntegrationId)

    # ---

    def _of(self, api: str, kind: str) -> dict[str, dict[str, Any]]:
        return self.parts.setdefault((api, kind), {})

    def _add(self, api: str, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        self.get_api(api)
        id_ = f"{kind[0].lower()}{self._aws.number(kind):06d}"
        part = {f"{kind}Id": id_, **given}
        self._of(api, kind)[id_] = part
        return dict(part)

    def _remove(self, api: str, kind: str, id_: str) -> None:
        self.get_api(api)
        if id_ not in self._of(api, kind):
            raise Refusal("NotFoundException", f"Unable to find {kind} by ID {id_}.")
        del self._of(api, kind)[id_]

    def _page(self, items: list[dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
        start, limit = int(given.get("NextToken", "0")), self._aws.page
        more = {"NextToken": str(start + limit)} if items[start + limit :] else {}
        return {"Items": [dict(item) for item in items[start : start + limit]], **more}
