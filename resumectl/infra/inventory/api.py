"""API Gateway: the API with its integration, route and stage, and routes and stages beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resumectl.infra.inventory.extra import Extra, declared
from resumectl.infra.inventory.lookup import Account, Lookup, only, paged

if TYPE_CHECKING:
    from resumectl.aws import Client
    from resumectl.infra.inventory.extra import Rows
    from resumectl.infra.state import State
    from resumectl.plan import Fields


def _api(account: Account, fields: Fields) -> str | None:
    name = fields["name"]
    apis = paged(account.client("apigatewayv2"), "get_apis", "Items")
    ids = [api["ApiId"] for api in apis if api["Name"] == name and account.owns(api.get("Tags"))]
    return only(ids, f"APIs {name}")


def _part(operation: str, key: str, id_: str, field: str) -> Lookup:
    """A part of an API: in the list `operation`, the item whose `key` is the planned `field`."""

    def find(account: Account, fields: Fields) -> str | None:
        api = fields["api_id"]
        for item in paged(account.client("apigatewayv2"), operation, "Items", ApiId=api):
            if item[key] == fields[field]:
                return f"{api}/{item[id_]}"
        return None

    return Lookup(find, ("api_id", field), ("aws_apigatewayv2_api", "api_id"))


def _routes(api: Client, state: State) -> Rows:
    ours = declared(state, "aws_apigatewayv2_route", "id")
    for route in paged(api, "get_routes", "Items", ApiId=state.outputs["api_id"]):
        if route["RouteId"] not in ours:
            yield route["RouteKey"], {"id": route["RouteId"], "target": route.get("Target")}


def _delete_route(api: Client, state: State, fields: Fields) -> None:
    api.delete_route(ApiId=state.outputs["api_id"], RouteId=fields["id"])


def _stages(api: Client, state: State) -> Rows:
    ours = declared(state, "aws_apigatewayv2_stage", "name")
    for stage in paged(api, "get_stages", "Items", ApiId=state.outputs["api_id"]):
        if stage["StageName"] not in ours:
            yield stage["StageName"], {"name": stage["StageName"]}


def _delete_stage(api: Client, state: State, fields: Fields) -> None:
    api.delete_stage(ApiId=state.outputs["api_id"], StageName=fields["name"])


def _authorizers(api: Client, state: State) -> Rows:
    ours = declared(state, "aws_apigatewayv2_authorizer", "id")
    for item in paged(api, "get_authorizers", "Items", ApiId=state.outputs["api_id"]):
        if item["AuthorizerId"] not in ours:
            yield item["Name"], {"id": item["AuthorizerId"], "type": item.get("AuthorizerType")}


def _delete_authorizer(api: Client, state: State, fields: Fields) -> None:
    api.delete_authorizer(ApiId=state.outputs["api_id"], AuthorizerId=fields["id"])


def _integrations(api: Client, state: State) -> Rows:
    ours = declared(state, "aws_apigatewayv2_integration", "id")
    for item in paged(api, "get_integrations", "Items", ApiId=state.outputs["api_id"]):
        if item["IntegrationId"] not in ours:
            yield (
                item["IntegrationId"],
                {"id": item["IntegrationId"], "type": item.get("IntegrationType")},
            )


def _delete_integration(api: Client, state: State, fields: Fields) -> None:
    api.delete_integration(ApiId=state.outputs["api_id"], IntegrationId=fields["id"])


_READ: Final = "apigateway:GET"
LOOKUPS: Final = {
    "aws_apigatewayv2_api": Lookup(_api, ("name",)),
    "aws_apigatewayv2_integration": _part(
        "get_integrations", "IntegrationType", "IntegrationId", "integration_type"
    ),
    "aws_apigatewayv2_route": _part("get_routes", "RouteKey", "RouteId", "route_key"),
    "aws_apigatewayv2_stage": _part("get_stages", "StageName", "StageName", "name"),
}
EXTRAS: Final = (
    Extra("route", "apigatewayv2", "routes", _READ, _routes, _delete_route),
    Extra("stage", "apigatewayv2", "stages", _READ, _stages, _delete_stage),
    Extra("authorizer", "apigatewayv2", "authorizers", _READ, _authorizers, _delete_authorizer),
    Extra("integration", "apigatewayv2", "integrations", _READ, _integrations, _delete_integration),
)
