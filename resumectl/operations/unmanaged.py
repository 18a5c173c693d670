"""What is in the environment although no release put it there: API routes, function aliases, policy statements.

Objects of the site's bucket that no release put there come out of the site's own comparison.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from resumectl import aws
from resumectl.plan import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resumectl.aws import Client
    from resumectl.infra.state import State
    from resumectl.operations.context import Context
    from resumectl.operations.live import Live

ROUTE: Final = "route "
ALIAS: Final = "alias "
STATEMENT: Final = "statement "


def find(ctx: Context, live: Live) -> tuple[Change, ...]:
    """Ask for each kind; gives creations of kind `unmanaged`."""
    with ctx.step("Look for what nobody released"):
        state = live.state
        found = [*_routes(ctx.cloud.client("apigatewayv2"), state), *_function(ctx.cloud.client("lambda"), state)]
    return tuple(Change("infra", key, None, fields, kind="unmanaged") for key, fields in sorted(found))


def remove(ctx: Context, live: Live, change: Change) -> None:
    """Delete one of them."""
    outputs, fields = live.state.outputs, change.after or {}
    name = outputs["function_name"]
    if change.key.startswith(ROUTE):
        ctx.cloud.client("apigatewayv2").delete_route(ApiId=outputs["api_id"], RouteId=fields["id"])
    elif change.key.startswith(ALIAS):
        ctx.cloud.client("lambda").delete_alias(FunctionName=name, Name=fields["name"])
    elif change.key.startswith(STATEMENT):
        qualifier = {"Qualifier": fields["qualifier"]} if fields["qualifier"] else {}
        ctx.cloud.client("lambda").remove_permission(FunctionName=name, StatementId=fields["sid"], **qualifier)


def _routes(client: Client, state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    ours = {resource.attributes.get("id") for resource in state.resources if resource.type == "aws_apigatewayv2_route"}
    pages = client.get_paginator("get_routes").paginate(ApiId=state.outputs["api_id"])
    for route in (route for page in pages for route in page["Items"]):
        if route["RouteId"] not in ours:
            yield f"{ROUTE}{route['RouteKey']}", {"id": route["RouteId"], "target": route.get("Target")}


def _function(client: Client, state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    name = state.outputs["function_name"]
    pages = client.get_paginator("list_aliases").paginate(FunctionName=name)
    aliases = [alias["Name"] for page in pages for alias in page["Aliases"]]
    for alias in aliases:
        if alias != state.outputs["function_alias"]:
            yield f"{ALIAS}{alias}", {"name": alias}
    permissions = (resource for resource in state.resources if resource.type == "aws_lambda_permission")
    ours = {resource.attributes.get("statement_id") for resource in permissions}
    for qualifier in ("", state.outputs["function_alias"]):
        for sid in _statements(client, name, qualifier):
            if sid not in ours:
                yield f"{STATEMENT}{sid}", {"sid": sid, "qualifier": qualifier}
                ours.add(sid)


def _statements(client: Client, name: str, qualifier: str) -> list[str]:
    from botocore.exceptions import ClientError

    chosen = {"Qualifier": qualifier} if qualifier else {}
    try:
        policy = json.loads(client.get_policy(FunctionName=name, **chosen)["Policy"])
    except ClientError as error:
        if aws.error_code(error) == "ResourceNotFoundException":
            return []
        raise
    return [statement["Sid"] for statement in policy["Statement"]]
