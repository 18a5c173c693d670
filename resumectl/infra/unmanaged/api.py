"""Routes and stages of the API that nobody released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resumectl.infra.unmanaged.kind import Kind, known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resumectl.aws import Client
    from resumectl.infra.state import State
    from resumectl.infra.unmanaged.kind import Found


def _routes(api: Client, state: State) -> Iterator[Found]:
    ours = known(state, "aws_apigatewayv2_route", "id")
    for page in api.get_paginator("get_routes").paginate(ApiId=state.outputs["api_id"]):
        for route in page["Items"]:
            if route["RouteId"] not in ours:
                yield route["RouteKey"], {"id": route["RouteId"], "target": route.get("Target")}


def _delete_route(api: Client, state: State, fields: Mapping[str, Any]) -> None:
    api.delete_route(ApiId=state.outputs["api_id"], RouteId=fields["id"])


def _stages(api: Client, state: State) -> Iterator[Found]:
    ours = known(state, "aws_apigatewayv2_stage", "name")
    for page in api.get_paginator("get_stages").paginate(ApiId=state.outputs["api_id"]):
        for stage in page["Items"]:
            if stage["StageName"] not in ours:
                yield stage["StageName"], {"name": stage["StageName"]}


def _delete_stage(api: Client, state: State, fields: Mapping[str, Any]) -> None:
    api.delete_stage(ApiId=state.outputs["api_id"], StageName=fields["name"])


KINDS: Final = (
    Kind("route", "apigatewayv2", _routes, _delete_route),
    Kind("stage", "apigatewayv2", _stages, _delete_stage),
)
